/* A figure that counts to its new value instead of jumping there.

The text is the new value at once, for whoever has it read out; what is drawn over it goes there in
a few steps. */

import { number } from "./words.js";

const COUNT_MILLISECONDS = 180;
const STEPS_MAX = 6;

const still = matchMedia("(prefers-reduced-motion: reduce)");
const counted = new WeakMap();

/** `words` makes what is written of a number. */
export function countTo(node, value, words = number) {
  const before = counted.get(node)?.value ?? written(node);
  if (before === value && node.textContent === words(value)) return;
  const count = { value };
  counted.set(node, count);
  node.textContent = words(value);
  if (before === null || before === value || still.matches || document.hidden) return;
  const began = performance.now();
  step();

  function step() {
    if (counted.get(node) !== count) return;
    const part = (performance.now() - began) / COUNT_MILLISECONDS;
    if (part >= 1) return delete node.dataset.shown;
    const share = Math.ceil(part * STEPS_MAX) / STEPS_MAX;
    node.dataset.shown = words(Math.round(before + (value - before) * share));
    requestAnimationFrame(step);
  }
}

// The number that the server wrote, in whatever manner: its digits.
function written(node) {
  const digits = node.textContent.replace(/[^\d]/g, "");
  return digits ? Number(digits) : null;
}
