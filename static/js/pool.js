/* Waits in the pool, and goes where the match leads. */

import { ask, members, onConnect } from "./socket.js";
import { toast } from "./toast.js";

const POLL_MILLISECONDS = 5000;

const ticket = document.querySelector("[data-waiting]");

onConnect(members, async () => {
  const answer = await ask(members, ticket ? "join_pool" : "get_pool_count");
  if (answer.ok) show(answer);
  else if (members.connected) refuse(answer.error);
});
members.on("pool_count", show);
members.on("matched", ({ code }) => location.assign(`/rooms/${encodeURIComponent(code)}`));
// Pages are served while the sockets are down: to look at this one keeps the place, too.
if (ticket) setInterval(lookWithoutSocket, POLL_MILLISECONDS);

async function lookWithoutSocket() {
  if (members.connected || !members.active || document.hidden) return;
  const page = await fetch("/pool").catch(() => null);
  if (page?.ok && page.redirected) location.assign(page.url);
}

function show({ waiting }) {
  for (const node of document.querySelectorAll("[data-pool-count]")) {
    node.textContent = waiting.toLocaleString("en");
  }
}

function refuse({ code, message }) {
  // Matched while nobody listened: the room is where /rooms leads.
  if (code === "already_in_room") return location.assign("/rooms");
  toast(message);
  if (code !== "insufficient_credits" || !ticket) return;
  ticket.hidden = true;
  htmx.ajax("GET", "/billing/buy-button", { target: "#pool-credits", swap: "innerHTML" });
}
