/* How many wait in the pool, told as it changes; which rooms are open, asked for now and then. */

import { countTo } from "./counting.js";
import { ask, members, onConnect } from "./socket.js";

const POLL_MILLISECONDS = 10_000;

onConnect(members, async () => {
  const answer = await ask(members, "get_pool_count");
  if (answer.ok) show(answer);
});
members.on("pool_count", show);
setInterval(lookAgain, POLL_MILLISECONDS);
document.addEventListener("visibilitychange", lookAgain);

function show({ waiting }) {
  for (const node of document.querySelectorAll("[data-pool-count]")) {
    countTo(node, waiting);
  }
}

function lookAgain() {
  if (!document.hidden) document.body.dispatchEvent(new Event("open-rooms-stale"));
}
