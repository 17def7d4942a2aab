/* Keeps what somebody types: through a reload, a change of phase, a fragment that comes late.

The server keeps it a moment after each pause; until then this tab does. */

import { sayCount } from "./words.js";
import { takeAhead } from "./write_ahead.js";

const WARN_CHARACTERS = 60;

let hadFocus = false;
// How often the server has kept a draft, and the newest it has.
let keeps = 0;
let kept = null;

document.addEventListener("input", ({ target }) => {
  if (target.dataset.draft) sessionStorage.setItem(key(target), target.value);
  if (target.closest("#composer")) count(target);
});
document.addEventListener("submit", ({ target }) => {
  const field = target.querySelector("[data-draft]");
  // Where it is sent by htmx, once that has worked.
  if (field && !target.hasAttribute("hx-post")) sessionStorage.removeItem(key(field));
});
document.addEventListener("htmx:after:request", ({ detail }) => {
  const field = detail.ctx.sourceElement;
  const isKept = field.dataset?.draft && detail.ctx.response?.raw.ok;
  if (isKept && detail.ctx.request.body?.get("line") === field.value) {
    sessionStorage.removeItem(key(field));
    // What is kept is nothing that could be lost.
    field.defaultValue = kept = field.value;
    keeps += 1;
  }
});
// What was sent as a line is no draft any more, though the field may be the same one.
document.addEventListener("htmx:after:request", ({ detail }) => {
  const { sourceElement: form, request, response } = detail.ctx;
  const isSent = form.matches("form") && response?.raw.ok && request.body?.get("line");
  if (isSent) forgetDraft(isSent);
});
document.addEventListener("htmx:before:request", ({ detail }) => {
  detail.ctx.keepsBefore = keeps;
});
document.addEventListener("htmx:before:swap", ({ detail }) => {
  if (detail.ctx.keepsBefore < keeps) keepAgain();
  hadFocus = Boolean(document.activeElement?.closest("#composer"));
});
document.addEventListener("htmx:after:swap", prepare);
prepare();
takeAhead(document.querySelector("textarea[data-draft]"));

/** Whether the composer holds something that is not sent yet: words, or a choice. */
export function isComposing() {
  const field = document.querySelector("#composer textarea");
  if (field && (document.activeElement === field || field.value !== field.defaultValue)) return true;
  const ticked = [...document.querySelectorAll("#composer input")];
  return ticked.some((choice) => choice.checked !== choice.defaultChecked);
}

/** What stands in the pot is no draft any more, wherever it is kept. */
export function forgetDraft(text) {
  const field = document.querySelector("[data-draft]");
  if (!field) return;
  if (kept === text) kept = null;
  if (sessionStorage.getItem(key(field)) === text) sessionStorage.removeItem(key(field));
  if (field.value === text) field.value = "";
}

/** For a fragment that was drawn before the draft was kept, and comes without it. */
function keepAgain() {
  const field = document.querySelector("[data-draft]");
  if (!field || kept === null || sessionStorage.getItem(key(field)) !== null) return;
  sessionStorage.setItem(key(field), kept);
}

function prepare() {
  const field = document.querySelector("[data-draft]");
  const unsaved = field ? sessionStorage.getItem(key(field)) : null;
  if (unsaved !== null && document.activeElement !== field) field.value = unsaved;
  for (const each of document.querySelectorAll("#composer textarea")) count(each);
  if (hadFocus && document.activeElement === document.body) {
    document.querySelector("#composer .composer").focus({ preventScroll: true });
  }
  hadFocus = false;
}

function key(field) {
  return `draft:${field.dataset.draft}`;
}

function count(field) {
  const output = field.form?.querySelector("[data-characters-left]");
  if (!output) return;
  const left = field.maxLength - field.value.length;
  const words = () => sayCount(left, "{count} character left.", "{count} characters left.");
  output.textContent = left <= WARN_CHARACTERS ? words() : "";
}
