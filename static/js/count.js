/* How many people are here, wherever a page has a place for it. */

import { ask, everyone, onConnect } from "./socket.js";

onConnect(everyone, async () => {
  const answer = await ask(everyone, "get_connection_count");
  if (answer.ok) show(answer);
});
everyone.on("connection_count", show);

function show({ people }) {
  const words = `${people.toLocaleString("en")} ${people === 1 ? "person" : "people"} here now`;
  for (const node of document.querySelectorAll("[data-connection-count]")) node.textContent = words;
}
