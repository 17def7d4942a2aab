/* How many people are here, and whether the page is live: in a word and an icon, once that has
lasted longer than a blink.

Sockets are told every ten seconds that the other side is there. Nobody waits for that who comes
back to the page, does something on it while nothing has been heard for a while, or has done so
lately and still sees it. */

import { countTo } from "./counting.js";
import { ask, everyone, isAnswered, isOpening, members, onConnect, reopen } from "./socket.js";
import { say, sayCount } from "./words.js";

const BLINK_MILLISECONDS = 1000;
// With the time between two looks and a probe, three seconds: so old is what the pill says at most.
const SILENT_MILLISECONDS = 1000;
const LOOK_EVERY_MILLISECONDS = 250;
const PROBE_MILLISECONDS = 1500;
// Who has done nothing for so long is elsewhere, and a server has a page of theirs less to answer.
const ATTENDED_MILLISECONDS = 300_000;
const WORDS = {
  live: say("Live"),
  reconnecting: say("Reconnecting…"),
  offline: say("Offline"),
};

let heardAt = 0;
let deedAt = performance.now();
// Connected by all that is known, but a probe was not answered in time.
let isDoubtful = false;
let isProbing = false;
let isCut = false;
const pill = document.querySelector("[data-connection-status]");
let timer = setTimeout(show, BLINK_MILLISECONDS);

onConnect(everyone, async () => {
  const answer = await ask(everyone, "get_connection_count");
  if (answer.ok) showCount(answer);
});
everyone.on("connection_count", showCount);
onConnect(everyone, hear);
everyone.on("disconnect", () => {
  clearTimeout(timer);
  timer = setTimeout(show, BLINK_MILLISECONDS);
});
for (const socket of [everyone, members]) socket?.onAny(hear);
addEventListener("offline", async () => setCut(!(await isServerThere())));
addEventListener("online", () => {
  setCut(false);
  // Whatever was being tried went by the network that was.
  everyone.connected ? look() : reopen();
});
addEventListener("pageshow", ({ persisted }) => persisted && look());
document.addEventListener("visibilitychange", () => document.hidden || look());
for (const deed of ["pointerdown", "keydown", "scroll"]) {
  addEventListener(deed, () => (deedAt = performance.now()), { passive: true });
}
for (const deed of ["pointerdown", "keydown"]) addEventListener(deed, lookWhenSilent);
setInterval(watch, LOOK_EVERY_MILLISECONDS);
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
  return everyone.connected && !isDoubtful ? "live" : "reconnecting";
}

// The browser has no network, and the server is nowhere else, such as on its machine.
function isCutOff() {
  return isCut && !navigator.onLine;
}

function hear() {
  heardAt = performance.now();
  isDoubtful = false;
  show();
}

function lookWhenSilent() {
  if (isSilent() && everyone.connected) look();
}

// Whoever only looks at the page has time: one late answer is told, and a second is the end of it.
async function watch() {
  const isAttended = !document.hidden && performance.now() - deedAt < ATTENDED_MILLISECONDS;
  if (!isAttended || !isSilent() || !everyone.connected) return;
  if (isDoubtful) return look();
  isDoubtful = (await probe()) === false && isSilent();
  show();
}

async function look() {
  if ((await probe()) === false && !isCutOff() && !isOpening()) reopen();
}

/** Whether the server answers; `undefined` where that is being asked already. */
async function probe() {
  if (isProbing) return undefined;
  isProbing = true;
  const isThere = everyone.connected && (await isAnswered(PROBE_MILLISECONDS));
  isProbing = false;
  if (isThere) hear();
  return isThere;
}

function isSilent() {
  return performance.now() - heardAt > SILENT_MILLISECONDS;
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
