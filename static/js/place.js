/* Where the composer stands, for what must not cover it: the keyboard, messages, "More below". */

const root = document.documentElement;
let isAsked = false;

for (const event of ["scroll", "resize"]) addEventListener(event, ask, { passive: true });
for (const event of ["scroll", "resize"]) window.visualViewport?.addEventListener(event, ask);
document.addEventListener("htmx:after:swap", ask);
document.addEventListener("focusin", ask);
new ResizeObserver(ask).observe(document.body);
ask();

function ask() {
  if (!isAsked) requestAnimationFrame(measure);
  isAsked = true;
}

function measure() {
  isAsked = false;
  root.style.setProperty("--keyboard", `${Math.round(keyboard())}px`);
  root.style.setProperty("--composer", `${Math.round(coveredByComposer())}px`);
}

// Where a browser lays its keyboard over the page instead of making that smaller.
function keyboard() {
  const seen = window.visualViewport;
  if (!seen || seen.scale !== 1) return 0;
  return Math.max(0, innerHeight - seen.height - seen.offsetTop);
}

// From the top of the composer to the lower edge of the window, as far as it stands there.
function coveredByComposer() {
  const box = document.querySelector("#composer .composer")?.getBoundingClientRect();
  if (!box || box.bottom < innerHeight - 1) return 0;
  return Math.min(Math.max(0, innerHeight - box.top), innerHeight / 2);
}
