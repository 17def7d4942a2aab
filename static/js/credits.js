/* Keeps every figure of the member's credits at the newest that is known. */

import { countTo } from "./counting.js";
import { members, onConnect } from "./socket.js";

let newest = null;
let hasConnected = false;

onConnect(members, () => {
  // Whatever changed while nobody told us: the badge fetches itself.
  if (hasConnected) document.body.dispatchEvent(new Event("credits-stale"));
  hasConnected = true;
});
members.on("credits", (balance) => {
  if (newest && balance.seq < newest.seq) return;
  newest = balance;
  show();
  document.body.dispatchEvent(new Event("credits-changed"));
});
// A part of the page that was fetched may bring older figures along.
document.addEventListener("htmx:after:swap", show);

function show() {
  const badge = document.getElementById("credit-badge");
  if (!newest || (badge && newest.seq < Number(badge.dataset.seq))) return;
  if (badge) badge.dataset.seq = newest.seq;
  write("[data-credits-available]", newest.available);
  write("[data-credits-held]", newest.held);
  write("[data-credits-posted]", newest.available + newest.held);
  for (const part of document.querySelectorAll("[data-credits-held-part]")) {
    part.hidden = newest.held === 0;
  }
}

function write(selector, credits) {
  for (const node of document.querySelectorAll(selector)) countTo(node, credits);
}
