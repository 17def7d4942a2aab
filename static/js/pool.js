/* Waits in the pool, counts down to the next wave, and goes where the match leads. */

import { countTo } from "./counting.js";
import { ask, members, onConnect } from "./socket.js";
import { toast } from "./toast.js";

const POLL_MILLISECONDS = 5000;
const TICK_MILLISECONDS = 250;

// By this page's own clock; the server says how long, since clocks differ.
let waveAt, staleAt;

readTimes();
document.addEventListener("htmx:after:swap", readTimes);
setInterval(tick, TICK_MILLISECONDS);
onConnect(members, async () => {
  const answer = await ask(members, ticket() ? "join_pool" : "get_pool_count");
  if (answer.ok) show(answer);
  else if (members.connected) refuse(answer.error);
});
members.on("pool_count", show);
members.on("matched", ({ code }) => location.assign(`/rooms/${encodeURIComponent(code)}`));
members.on("notice", refuse);
// Pages are served while the sockets are down: to look at the ticket keeps the place, too.
setInterval(() => {
  if (ticket() && !members.connected && members.active && !document.hidden) lookAgain();
}, POLL_MILLISECONDS);

function show({ waiting }) {
  for (const node of document.querySelectorAll("[data-pool-count]")) {
    countTo(node, waiting);
  }
  if (waiting > 1 && document.querySelector("[data-lonely]")) lookAgain();
}

function refuse({ code, message }) {
  // Matched while nobody listened: the room is where /rooms leads.
  if (code === "already_in_room") return location.assign("/rooms");
  toast(message);
  lookAgain();
}

function readTimes() {
  const { waveIn, changesIn } = ticket()?.dataset ?? {};
  waveAt = performance.now() + 1000 * waveIn;
  staleAt = performance.now() + 1000 * changesIn;
}

function tick() {
  const node = document.querySelector("[data-wave]");
  if (!node) return;
  const now = performance.now();
  const seconds = String(Math.max(0, Math.ceil((waveAt - now) / 1000)));
  if (node.textContent !== seconds) node.textContent = seconds;
  if (now > staleAt) lookAgain();
}

function lookAgain() {
  staleAt = Infinity;
  document.body.dispatchEvent(new Event("ticket-stale"));
}

function ticket() {
  return document.querySelector("[data-waiting]");
}
