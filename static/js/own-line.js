/* One's own line stands in the list as soon as it is sent, and says so until the server has it.

Where that fails it stays there with the reason, and can be sent again: the server keeps one line
of a member in a round, so that to repeat it does no harm. */

import { forgetDraft } from "./composer.js";
import { reasonOf } from "./failures.js";
import { drawLine, ownLine } from "./own-line-drawn.js";

// `{text, number, state, reason}` while a line is under way or has failed; states as in WORDS.
let line = null;

document.addEventListener("htmx:before:request", ({ detail: { ctx } }) => {
  if (!isLine(ctx)) return;
  line = { text: textOf(ctx), number: numberShown(), state: "sending" };
  draw();
});
document.addEventListener("htmx:after:request", ({ detail: { ctx } }) => {
  if (!isLine(ctx) || !line) return;
  if (ctx.response.raw.ok) line.state = "sent";
  else fail(reasonOf(ctx.text));
  keepOwnLine();
});
document.addEventListener("htmx:error", ({ detail: { ctx } }) => {
  if (!isLine(ctx) || !line) return;
  fail("");
  keepOwnLine();
});
document.addEventListener("click", ({ target }) => target.closest("[data-send-again]") && sendAgain());

/** Puts it back into a round that was just drawn, until that one has it. */
export function keepOwnLine() {
  if (!line) return;
  const found = ownLine();
  const isThere = found && !found.dataset.state && (line.state === "sent" || same(found));
  if (isThere) {
    forgetDraft(line.text);
    line = null;
  } else if (hasMovedOn()) {
    giveBack();
  } else {
    draw();
  }
}

function draw() {
  drawLine(line);
}

function fail(reason) {
  line.state = "failed";
  line.reason = reason;
}

// The round it was meant for goes on without it: the words wait where the next line is written.
function giveBack() {
  const field = document.querySelector("#composer [data-draft]");
  if (line.state === "failed" && field && !field.value) {
    field.value = line.text;
    field.dispatchEvent(new Event("input", { bubbles: true }));
  }
  ownLine()?.matches("[data-state]") && ownLine().remove();
  line = null;
}

// What is in the field by now is the same line, and newer.
function sendAgain() {
  const form = document.querySelector('#composer form[hx-post$="/contribution"]');
  const field = form?.elements.line;
  if (!field) return giveBack();
  if (!field.value.trim()) field.value = line.text;
  form.requestSubmit();
}

function isLine(ctx) {
  return ctx?.sourceElement?.matches?.('form[hx-post$="/contribution"]');
}

function textOf(ctx) {
  return ctx.request.body.get("line");
}

function same(found) {
  return squeezed(found.querySelector("p").textContent) === squeezed(line.text);
}

function squeezed(text) {
  return text.replace(/\s+/g, " ").trim();
}

function hasMovedOn() {
  return numberShown() !== line.number || round().dataset.phase !== "collecting";
}

function numberShown() {
  return round().dataset.number;
}

function round() {
  return document.getElementById("round");
}
