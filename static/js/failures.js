/* A click that never reached the server must not look as if nothing had been clicked. */

import { toast } from "./toast.js";

document.addEventListener("htmx:error", ({ detail }) => {
  if (detail.ctx?.request?.method === "POST") {
    toast("That did not reach us. Look whether you are online, and try again.");
  }
});
