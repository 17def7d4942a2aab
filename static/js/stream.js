/* The text as it is written. Deltas are numbered: each is shown once and in order. */

import { say } from "./words.js";

const GAP_MILLISECONDS = 500;
// What the page says when nothing comes, and after how long; the longest first.
const SILENCES = [
  [3000, say("The press stands still. It goes on by itself, or nobody pays.")],
  [1000, say("The press is thinking…")],
];
const LOOK_MILLISECONDS = 250;

let node = null;
let generation = null;
let seq = 0;
const early = new Map();
let gapTimer = null;
let heardAt = 0;
let askAgain = () => {};

/** `ask` is called when something is missing that did not come by itself. */
export function startStream(ask) {
  askAgain = ask;
  setInterval(tellOfSilence, LOOK_MILLISECONDS);
}

/** What is shown now; `catchUp` wants it back with what the server answers. */
export function shownText() {
  return { generation, seq, text: node?.textContent ?? "" };
}

/** Takes over the stream node of a round that was just drawn, which may be behind or ahead. */
export function adoptStream() {
  const found = document.querySelector("[data-stream]");
  if (!found) return;
  const id = Number(found.dataset.generation);
  const isBehind = id === generation && Number(found.dataset.seq) < seq && isWriting(found);
  if (isBehind) found.textContent = node.textContent;
  else seq = Number(found.dataset.seq);
  const isNew = id !== generation;
  node = found;
  generation = id;
  node.dataset.seq = seq;
  if (isNew) {
    heardAt = Date.now();
    if (!isReadingEarlier()) showEnd();
  }
  applyEarly();
}

/** The text after `from_seq`, as the server knows it: all of it, or what `before` lacked. */
export function catchUp({ id, from_seq: fromSeq, seq: toSeq, text }, before) {
  if (!node || id !== generation || toSeq <= seq) return;
  node.textContent = fromSeq === 0 ? text : before.text + text;
  advance(toSeq);
  applyEarly();
}

export function receive(delta) {
  if (delta.generation < generation) return;
  if (delta.generation === generation && delta.seq <= seq) return;
  early.set(`${delta.generation}:${delta.seq}`, delta);
  applyEarly();
}

function applyEarly() {
  const isFollowed = isEndInView();
  for (let next; (next = early.get(`${generation}:${seq + 1}`)); ) {
    node.append(next.text);
    advance(next.seq);
  }
  if (isFollowed) showEnd();
  document.dispatchEvent(new Event("text-grown"));
  forgetOld();
  watchGap();
}

function watchGap() {
  if (early.size === 0) {
    clearTimeout(gapTimer);
    gapTimer = null;
  } else {
    gapTimer ??= setTimeout(() => {
      gapTimer = null;
      askAgain();
    }, GAP_MILLISECONDS);
  }
}

function advance(to) {
  seq = to;
  node.dataset.seq = to;
  heardAt = Date.now();
  writeStatus("");
}

function forgetOld() {
  for (const [key, delta] of early) {
    const isOld = delta.generation < generation || (delta.generation === generation && delta.seq <= seq);
    if (isOld) early.delete(key);
  }
}

function tellOfSilence() {
  if (!node || !isWriting(node)) return;
  const silent = Date.now() - heardAt;
  const words = SILENCES.find(([milliseconds]) => silent > milliseconds)?.[1];
  if (words) writeStatus(words);
}

// While it is written, the status line stands below the text: it is the end to keep in view.
function endOfText() {
  return document.querySelector("[data-stream-status]");
}

// Whoever reads what was made earlier goes on reading.
function isReadingEarlier() {
  return [...document.querySelectorAll("#earlier details[open]")].some((part) => {
    const box = part.getBoundingClientRect();
    return box.top < innerHeight && box.bottom > 0;
  });
}

/** Whether somebody follows the text to where it ends at the moment. */
export function isEndInView() {
  const box = endOfText()?.getBoundingClientRect();
  return Boolean(box) && box.top < innerHeight && box.bottom > 0;
}

/** Whether a text is being written further down than somebody has scrolled. */
export function isEndBelow() {
  const box = endOfText()?.getBoundingClientRect();
  return Boolean(box) && box.top >= innerHeight;
}

export function showEnd() {
  endOfText()?.scrollIntoView({ block: "nearest" });
}

function isWriting(stream) {
  return stream.getAttribute("aria-busy") === "true";
}

function writeStatus(words) {
  const status = endOfText();
  if (status && status.textContent !== words) status.textContent = words;
}
