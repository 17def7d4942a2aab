/* Says whether the page is live: in a word and an icon, once that has lasted longer than a blink. */

import { isCutOff } from "./network.js";
import { everyone, onConnect } from "./socket.js";
import { say } from "./words.js";

const BLINK_MILLISECONDS = 1000;
const WORDS = {
  live: say("Live"),
  reconnecting: say("Reconnecting…"),
  offline: say("Offline"),
};

const pill = document.querySelector("[data-connection-status]");
let timer = setTimeout(show, BLINK_MILLISECONDS);

onConnect(everyone, show);
everyone.on("disconnect", () => {
  clearTimeout(timer);
  timer = setTimeout(show, BLINK_MILLISECONDS);
});
addEventListener("network-changed", show);

function show() {
  clearTimeout(timer);
  // A connection that was closed on purpose is not coming back, so nobody waits for it.
  pill.hidden = !everyone.active;
  const state = stateNow();
  if (pill.dataset.connectionStatus === state) return;
  pill.dataset.connectionStatus = state;
  pill.querySelector(".icon").className = `icon icon-${state}`;
  pill.querySelector("[data-connection-word]").textContent = WORDS[state];
}

function stateNow() {
  if (isCutOff()) return "offline";
  return everyone.connected ? "live" : "reconnecting";
}
