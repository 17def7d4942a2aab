/* Says that the connection is gone, once it has been gone for longer than a blink. */

import { everyone, onConnect } from "./socket.js";

const SILENT_MILLISECONDS = 2000;

const pill = document.querySelector("[data-connection-status]");
let timer;

onConnect(everyone, () => {
  clearTimeout(timer);
  pill.hidden = true;
});
everyone.on("disconnect", () => {
  clearTimeout(timer);
  // A connection that was closed on purpose is not coming back, so nobody waits for it.
  timer = setTimeout(() => (pill.hidden = !everyone.active), SILENT_MILLISECONDS);
});
