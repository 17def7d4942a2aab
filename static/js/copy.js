/* A button that copies the text of the element it names, or marks it where it may not. */

import { whisper } from "./toast.js";
import { say } from "./words.js";

const SAID_MILLISECONDS = 2000;

document.addEventListener("click", ({ target }) => {
  const button = target.closest("[data-copy]");
  if (button) copy(button);
});

async function copy(button) {
  const source = document.getElementById(button.dataset.copy);
  const isCopied = await copied(source.textContent);
  // What is marked can be copied by hand.
  if (!isCopied) getSelection().selectAllChildren(source);
  const answer = isCopied ? say("Copied") : say("Copy it by hand, please");
  show(button, answer);
  whisper(answer);
}

// Beside an icon, if the button has one.
function show(button, answer) {
  const label = button.querySelector("[data-label]") ?? button;
  const words = (button.dataset.words ??= label.textContent);
  label.textContent = answer;
  setTimeout(() => (label.textContent = words), SAID_MILLISECONDS);
}

async function copied(text) {
  try {
    // Over plain HTTP there is none, which is an error, too.
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return false;
  }
}
