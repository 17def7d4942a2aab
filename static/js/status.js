/* How many people are here, and whether the page is live: in a word and an icon, once that has
lasted longer than a blink.

Sockets are told every ten seconds that the other side is there. Nobody waits for that who comes
back to the page, or does something on it while nothing has been heard for a while. */

import { countTo } from "./counting.js";
import { ask, everyone, isAnswered, isOpening, members, onConnect, reopen } from "./socket.js";
import { say, sayCount } from "./words.js";

const BLINK_MILLISECONDS = 1000;
const SILENT_MILLISECONDS = 2000;
const PROBE_MILLISECONDS = 1500;
const WORDS = {
  live: say("Live"),
  reconnecting: say("Reconnecting…"),
  offline: say("Offline"),
};

let heardAt = 0;
let isProbing = false;
let isCut = false;
const pill = document.querySelector("[data-connection-status]");
let timer = setTimeout(show, BLINK_MILLISECONDS);

onConnect(everyone, async () => {
  const answer = await ask(everyone, "get_connection_count");
  if (answer.ok) showCount(answer);
});
everyone.on("connection_count", showCount);
onConnect(everyone, show);
everyone.on("disconnect", () => {
  clearTimeout(timer);
  timer = setTimeout(show, BLINK_MILLISECONDS);
});
for (const socket of [everyone, members]) socket?.onAny(() => (heardAt = performance.now()));
addEventListener("offline", async () => setCut(!(await isServerThere())));
addEventListener("online", () => {
  setCut(false);
  // Whatever was being tried went by the network that was.
  everyone.connected ? look() : reopen();
});
addEventListener("pageshow", ({ persisted }) => persisted && look());
document.addEventListener("visibilitychange", () => document.hidden || look());
for (const deed of ["pointerdown", "keydown"]) addEventListener(deed, lookWhenSilent);
// A request that failed says something about the network, too.
addEventListener("htmx:error", lookWhenSilent);

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

// The browser has no network, and the server is nowhere else, such as on its machine.
function isCutOff() {
  return isCut && !navigator.onLine;
}

function lookWhenSilent() {
  const isSilent = performance.now() - heardAt > SILENT_MILLISECONDS;
  if (isSilent && everyone.connected) look();
}

async function look() {
  if (isProbing) return;
  isProbing = true;
  const isThere = everyone.connected && (await isAnswered(PROBE_MILLISECONDS));
  isProbing = false;
  if (isThere) heardAt = performance.now();
  else if (!isCutOff() && !isOpening()) reopen();
}

function setCut(value) {
  isCut = value;
  show();
}

async function isServerThere() {
  try {
    const signal = AbortSignal.timeout(PROBE_MILLISECONDS);
    await fetch("/healthz", { method: "HEAD", cache: "no-store", signal });
    return true;
  } catch {
    return false;
  }
}

function showCount({ people }) {
  for (const node of document.querySelectorAll("[data-connection-count]")) {
    countTo(node, people, node.dataset.connectionCount === "short" ? shortWords : words);
  }
}

// For the head of every page, where there is little room.
function shortWords(people) {
  return sayCount(people, "{count} here now", "{count} here now");
}

function words(people) {
  return sayCount(people, "{count} person here now", "{count} people here now");
}
