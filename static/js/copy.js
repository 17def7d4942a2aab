/* A button that copies the text of the element it names. Hidden where it could not work. */

import { whisper } from "./toast.js";
import { say } from "./words.js";

const SAID_MILLISECONDS = 2000;

if (navigator.clipboard) {
  offer();
  document.addEventListener("htmx:after:swap", offer);
  document.addEventListener("click", ({ target }) => {
    const button = target.closest("[data-copy]");
    if (button) copy(button);
  });
}

function offer() {
  for (const button of document.querySelectorAll("[data-copy]")) button.hidden = false;
}

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
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return false;
  }
}
