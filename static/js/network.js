/* Notices a connection that is gone, or back, before the sockets do by themselves.

They are told every ten seconds that the other side is there. Nobody waits for that who comes back
to the page, or does something on it while nothing has been heard for a while. */

import { everyone, isAnswered, members, reopen } from "./socket.js";

const SILENT_MILLISECONDS = 2000;
const PROBE_MILLISECONDS = 1500;

let heardAt = 0;
let isProbing = false;
let isCut = false;

for (const socket of [everyone, members]) socket?.onAny(() => (heardAt = performance.now()));
addEventListener("offline", async () => setCut(!(await isServerThere())));
addEventListener("online", () => {
  setCut(false);
  look();
});
addEventListener("pageshow", ({ persisted }) => persisted && look());
document.addEventListener("visibilitychange", () => document.hidden || look());
for (const deed of ["pointerdown", "keydown"]) addEventListener(deed, lookWhenSilent);
// A request that failed says something about the network, too.
addEventListener("htmx:error", lookWhenSilent);

/** Whether the browser has no network, and the server is nowhere else, such as on its machine. */
export function isCutOff() {
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
  else if (!isCutOff()) reopen();
}

function setCut(value) {
  isCut = value;
  dispatchEvent(new Event("network-changed"));
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
