/* The list of keys, and the switch that turns those of a single letter off (WCAG 2.1.4). */

import { say } from "./words.js";

const OFF = "letters-off";

const dialog = build();
document.querySelector("[data-key-list]").addEventListener("click", openKeyList);

export function openKeyList() {
  if (!dialog.open) dialog.showModal();
  return true;
}

export function areLettersOff() {
  try {
    return localStorage.getItem(OFF) !== null;
  } catch {
    return false;
  }
}

function keys() {
  return [
    ["?", say("This list")],
    ["g h", say("Start page")],
    ["g g", say("Gallery")],
    ["g p", say("Pool")],
    ["g r", say("Your room")],
    ["g c", say("Credits")],
    ["/", say("Write your line")],
    ["Ctrl + Enter", say("Send your line")],
    ["n", say("Next round")],
    ["s", say("Stop while it is written")],
    ["Esc", say("Leave this list, or close a message")],
  ];
}

function build() {
  const box = make("dialog", "keys");
  const title = make("h2", "", say("Keyboard"));
  title.id = "keys-title";
  box.setAttribute("aria-labelledby", title.id);
  const list = make("dl", "key-list");
  for (const [key, words] of keys()) {
    const row = make("div");
    const term = make("dt");
    term.append(...key.split(" ").map((part) => (part === "+" ? " + " : make("kbd", "", part))));
    row.append(term, make("dd", "", words));
    list.append(row);
  }
  const close = make("button", "button", say("Close"));
  close.type = "button";
  close.addEventListener("click", () => box.close());
  box.append(title, list, letterSwitch(), close);
  document.body.append(box);
  return box;
}

function letterSwitch() {
  const label = make("label", "check");
  const tick = make("input");
  tick.type = "checkbox";
  tick.checked = !areLettersOff();
  tick.addEventListener("change", () => remember(tick.checked));
  label.append(tick, say("Keys of a single letter or sign"));
  return label;
}

// In a browser that keeps nothing they stay on.
function remember(areOn) {
  try {
    if (areOn) localStorage.removeItem(OFF);
    else localStorage.setItem(OFF, "yes");
  } catch {
    // As above.
  }
}

function make(name, className = "", text = "") {
  const element = document.createElement(name);
  if (className) element.className = className;
  element.textContent = text;
  return element;
}
