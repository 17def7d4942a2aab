/* What keys do. Letters do nothing while somebody types, nor where they have been switched off. */

import { areLettersOff, openKeyList } from "./key-list.js";

const PLACES = { h: "/", g: "/gallery", p: "/pool", r: "/rooms", c: "/credits" };
const SECOND_LETTER_MILLISECONDS = 1500;
const DEEDS = { "?": openKeyList, "/": writeLine, n: goToNextRound, s: stop };
const TYPED_IN = "input, textarea, select, [contenteditable]";

let isGoing = false;
let timer;

addEventListener("keydown", (event) => {
  if (event.defaultPrevented || event.isComposing) return;
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) return send(event);
  if (event.ctrlKey || event.metaKey || event.altKey || event.repeat) return;
  if (areLettersOff() || event.target.closest?.(TYPED_IN)) return;
  if (document.querySelector("dialog[open]")) return;
  if (isGoing) go(event.key);
  else if (event.key === "g") wait();
  else if (DEEDS[event.key]?.() !== undefined) event.preventDefault();
});

function send(event) {
  if (!event.target.matches?.("textarea") || !event.target.form) return;
  event.preventDefault();
  event.target.form.requestSubmit();
}

function wait() {
  isGoing = true;
  timer = setTimeout(() => (isGoing = false), SECOND_LETTER_MILLISECONDS);
}

function go(letter) {
  clearTimeout(timer);
  isGoing = false;
  if (Object.hasOwn(PLACES, letter)) location.assign(PLACES[letter]);
}

// These answer whether there was anything to do.

function writeLine() {
  return focus(document.querySelector("#composer textarea"));
}

function goToNextRound() {
  return focus(document.getElementById("open-round")) ?? writeLine();
}

function stop() {
  const button = document.getElementById("stop");
  button?.click();
  return button ? true : undefined;
}

function focus(element) {
  // A line that can be changed is folded away.
  const folded = element?.closest("details");
  if (folded) folded.open = true;
  element?.focus();
  return element ? true : undefined;
}
