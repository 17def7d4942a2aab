/* How many people are here, wherever a page has a place for it. */

import { countTo } from "./counting.js";
import { ask, everyone, onConnect } from "./socket.js";
import { sayCount } from "./words.js";

onConnect(everyone, async () => {
  const answer = await ask(everyone, "get_connection_count");
  if (answer.ok) show(answer);
});
everyone.on("connection_count", show);

function show({ people }) {
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
