/* Short words in one corner, read out politely. They wait while somebody reads them. */

import { say } from "./words.js";

const SHOWN_MILLISECONDS = 10_000;
const WHISPERED_MILLISECONDS = 2000;
const TOASTS_MAX = 3;

const region = document.getElementById("toasts");
// Each is read by itself, not all of them again.
region.setAttribute("aria-atomic", "false");
addEventListener("keydown", ({ key }) => key === "Escape" && closeNewest());

/** `link` is `{href, label}`: where to go about it. */
export function toast(message, link) {
  const box = document.createElement("div");
  box.className = "toast";
  box.append(words(message, link), closer(box));
  const twin = [...region.querySelectorAll(".toast")].find(
    (other) => other.textContent === box.textContent,
  );
  twin?.remove();
  region.append(box);
  for (const old of [...region.querySelectorAll(".toast")].slice(0, -TOASTS_MAX)) old.remove();
  leaveInTime(box);
}

/** Read out, and not shown: what the page shows in its own way. */
export function whisper(message) {
  const words = document.createElement("p");
  words.className = "visually-hidden";
  words.textContent = message;
  region.append(words);
  setTimeout(() => words.remove(), WHISPERED_MILLISECONDS);
}

function words(message, link) {
  const line = document.createElement("p");
  line.textContent = message;
  if (link) {
    const anchor = document.createElement("a");
    anchor.href = link.href;
    anchor.textContent = link.label;
    line.append(" ", anchor);
  }
  return line;
}

function closer(box) {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "toast-close";
  button.setAttribute("aria-label", say("Close this message"));
  const icon = document.createElement("span");
  icon.className = "icon icon-close";
  icon.setAttribute("aria-hidden", "true");
  button.append(icon);
  button.addEventListener("click", () => box.remove());
  return button;
}

// As long again from when somebody has read it.
function leaveInTime(box) {
  let timer;
  const leave = () => {
    clearTimeout(timer);
    timer = setTimeout(() => (isRead(box) ? leave() : box.remove()), SHOWN_MILLISECONDS);
  };
  for (const end of ["pointerleave", "focusout"]) box.addEventListener(end, leave);
  leave();
}

function isRead(box) {
  return box.matches(":hover") || box.contains(document.activeElement);
}

function closeNewest() {
  // Escape leaves a dialog first.
  if (!document.querySelector("dialog[open]")) region.querySelector(".toast:last-of-type")?.remove();
}
