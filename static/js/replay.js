/* A sheet is made once more: its lines come, then the text word by word, then the bill. Once.

The text stays in the page while it is out of sight, so nothing moves, and who listens hears all
of it at once. A hidden tab waits, and so does a sheet that nobody has scrolled to. */

const LINE_MILLISECONDS = 900;
const WORD_MILLISECONDS = 55;

const figure = document.querySelector("[data-replay]");
const text = figure.querySelector(".sheet");
const all = document.querySelector("[data-replay-all]");
const again = document.querySelector("[data-replay-again]");
const motion = matchMedia("(prefers-reduced-motion: reduce)");
let steps = [];
let timer = 0;

again.addEventListener("click", begin);
all.addEventListener("click", finish);
figure.addEventListener("click", ({ target }) => target.closest("a") ?? finish());
document.addEventListener("visibilitychange", () => {
  clearTimeout(timer);
  if (!document.hidden) step();
});
// A round that is live takes its place, and then it is simply there.
document.addEventListener("open-round", finish);

if (motion.matches || figure.closest("[data-live]")) finish();
else begin();

function begin() {
  if (motion.matches) return;
  split();
  steps = [...figure.querySelectorAll(".line, .sheet .word, .bill")];
  for (const each of steps) each.classList.add("unwritten");
  figure.dataset.replay = "waiting";
  show(all, again);
  const seen = new IntersectionObserver(([{ isIntersecting }]) => {
    if (!isIntersecting) return;
    seen.disconnect();
    if (figure.dataset.replay !== "waiting") return;
    figure.dataset.replay = "playing";
    timer = setTimeout(step, LINE_MILLISECONDS / 2);
  });
  seen.observe(figure);
}

function step() {
  if (document.hidden || figure.dataset.replay !== "playing") return;
  const next = steps.shift();
  if (!next) return finish();
  next.classList.remove("unwritten");
  timer = setTimeout(step, next.matches(".word") ? WORD_MILLISECONDS : LINE_MILLISECONDS);
}

function finish() {
  clearTimeout(timer);
  if (["waiting", "playing"].includes(figure.dataset.replay)) show(again, all);
  figure.dataset.replay = "done";
  for (const each of figure.querySelectorAll(".unwritten")) each.classList.remove("unwritten");
  for (const word of text.querySelectorAll(".word")) word.replaceWith(word.textContent);
  text.normalize();
}

/** Each word in a span of its own; the spaces between them stay as they are. */
function split() {
  const texts = document.createTreeWalker(text, NodeFilter.SHOW_TEXT);
  const nodes = [];
  while (texts.nextNode()) nodes.push(texts.currentNode);
  for (const node of nodes) {
    const parts = node.data.split(/(\s+)/).map((words) => {
      if (!words.trim()) return words;
      return Object.assign(document.createElement("span"), { className: "word", textContent: words });
    });
    node.replaceWith(...parts);
  }
}

function show(shown, hidden) {
  const hadFocus = document.activeElement === hidden;
  [shown.hidden, hidden.hidden] = [false, true];
  if (hadFocus) shown.focus();
}
