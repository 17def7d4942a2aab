/* How one's own line looks in the list: like any other, in one's colour, with a word on its state. */

import { say } from "./words.js";

const { me } = document.querySelector("[data-room]").dataset;

/** The one in the list that is one's own, as the server or this page has drawn it. */
export function ownLine() {
  const hue = hueOf(seat());
  return hue && document.querySelector(`#round .lines .${hue}`);
}

/** Draws `{text, state, reason}` in its place. */
export function drawLine({ text, state, reason }) {
  const item = ownLine() ?? newItem();
  if (!item) return;
  item.dataset.state = state;
  item.querySelector("p").textContent = text;
  item.querySelector("[data-line-state]")?.remove();
  item.querySelector("p").after(stateOf(state, reason));
}

function newItem() {
  const own = seat();
  if (!own) return null;
  const item = document.createElement("li");
  item.className = `line ${hueOf(own)}`;
  const body = document.createElement("div");
  const name = document.createElement("b");
  const text = document.createElement("p");
  text.dir = "auto";
  name.append(own.querySelector("bdi").cloneNode(true));
  body.append(name, text);
  item.append(own.querySelector(".initials").cloneNode(true), body);
  list().append(item);
  return item;
}

function list() {
  const found = document.querySelector("#round .lines");
  if (found) return found;
  const made = document.createElement("ul");
  made.className = "lines";
  document.querySelector("#round .round-body").prepend(made);
  return made;
}

function stateOf(state, reason) {
  const words = document.createElement("small");
  words.className = "line-state";
  words.dataset.lineState = "";
  if (state !== "failed") {
    words.textContent = say("On its way…");
    return words;
  }
  words.append(reason || say("This did not get through. Look whether you are online."), " ");
  const again = document.createElement("button");
  again.type = "button";
  again.className = "button-plain";
  again.dataset.sendAgain = "";
  again.textContent = say("Send it again");
  words.append(again);
  return words;
}

function seat() {
  return document.querySelector(`#seats [data-user="${me}"]`);
}

function hueOf(element) {
  return [...(element?.classList ?? [])].find((name) => name.startsWith("hue-"));
}
