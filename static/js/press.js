/* A button shows that it was pressed, at once, and is not pressed twice.

It stays where the focus is: `disabled` would take that away, and its value from the form. */

// What leads to no other page, such as a file, is given back after this.
const GIVE_BACK_MILLISECONDS = 15_000;
// More than a hand trembles.
const SLIDE_PIXELS = 12;

let held = null;

addEventListener("submit", press);
addEventListener("htmx:finally:request", ({ detail: { ctx } }) => {
  // Kept while another page is on its way.
  if (!ctx.keepIndicators) release(ctx.sourceElement);
});
// Back again out of the browser's memory: the page looks as it was left.
addEventListener("pageshow", ({ persisted }) => persisted && releaseAll());

// A press counts where it began: somebody's line may push the button away while it is held down, and
// of what ends elsewhere a browser makes no click. Who slides off it takes it back.
addEventListener("pointerdown", ({ target, pointerId, clientX, clientY, button }) => {
  const pressed = target.closest?.("button, summary");
  if (!pressed || button !== 0) return;
  pressed.setPointerCapture(pointerId);
  held = { pressed, pointerId, clientX, clientY };
});
addEventListener("pointermove", ({ pointerId, clientX, clientY }) => {
  if (pointerId !== held?.pointerId) return;
  const slid = Math.hypot(clientX - held.clientX, clientY - held.clientY);
  if (slid > SLIDE_PIXELS && held.pressed.hasPointerCapture(pointerId)) {
    held.pressed.releasePointerCapture(pointerId);
  }
});

function press(event) {
  const form = event.target;
  // Whoever asks first, as a dialog does, may have sent it back.
  if (event.defaultPrevented && !form.hasAttribute("hx-post")) return;
  const button = event.submitter ?? form.querySelector("button:not([type=button])");
  if (!button) return;
  button.setAttribute("aria-busy", "true");
  button.setAttribute("aria-disabled", "true");
  setTimeout(release, GIVE_BACK_MILLISECONDS, form);
}

// Before anybody else hears of it: what is under way is not sent again.
addEventListener(
  "submit",
  (event) => {
    if (!event.target.querySelector("button[aria-busy=true]")) return;
    event.preventDefault();
    event.stopImmediatePropagation();
  },
  { capture: true },
);

function release(form) {
  for (const button of form?.querySelectorAll?.("button[aria-busy=true]") ?? []) {
    button.removeAttribute("aria-busy");
    button.removeAttribute("aria-disabled");
  }
}

function releaseAll() {
  release(document);
}
