/* One connection a page, shared by everything on it: `/` for anybody, `/members` when signed in. */

import { Manager } from "../vendor/socket.io-4.8.4.esm.min.js";
import { say } from "./words.js";

const ANSWER_MILLISECONDS_MAX = 5000;
const OPEN_MILLISECONDS_MAX = 10_000;
const RETRY_MILLISECONDS = 2000;
const RECONNECT_MILLISECONDS = 1000;
// Errors that are the server's own, and pass.
const PASSING = new Set(["no_answer", "internal_error", "too_many_requests"]);

const manager = new Manager({ transports: ["websocket"], timeout: OPEN_MILLISECONDS_MAX });

// What is pushed onto this page is in its language, whatever else the browser would like.
const { lang: language } = document.documentElement;

export const everyone = manager.socket("/", { auth: { visitor: visitor(), language } });
export const members =
  document.body.dataset.signedIn === "true" ? manager.socket("/members", { auth: { language } }) : null;

comeBack(everyone);
comeBack(members);

// A server that ends says when to come back, each client another time.
for (const socket of [everyone, members]) {
  socket?.on("come_back", ({ seconds }) => manager.reconnectionDelay(seconds * 1000));
}
manager.on("open", () => manager.reconnectionDelay(RECONNECT_MILLISECONDS));

/** Calls `callback` now if the socket is connected, and after every reconnect. */
export function onConnect(socket, callback) {
  socket.on("connect", callback);
  if (socket.connected) callback();
}

/**
 * The acknowledgement: `{ok: true, …}` or `{ok: false, error: {code, message}}`. Never rejects.
 * Asks again while the server stumbles, so only ask for what may be done twice.
 */
export async function ask(socket, event, ...payload) {
  let answer = await askOnce(socket, event, payload);
  while (!answer.ok && PASSING.has(answer.error.code) && socket.connected) {
    await pause(answer.error.pause_seconds);
    answer = await askOnce(socket, event, payload);
  }
  return answer;
}

export function closeAll() {
  members?.disconnect();
  everyone.disconnect();
}

/** Knocks at once on a new connection, whatever the old one waits for; not after `closeAll`. */
export function reopen() {
  if (!everyone.active) return;
  closeAll();
  everyone.connect();
  members?.connect();
}

/** Whether a connection is being made at this moment. */
export function isOpening() {
  return manager.engine?.readyState === "opening";
}

/** Whether the server answers on this connection within `milliseconds`. */
export async function isAnswered(milliseconds) {
  try {
    await everyone.timeout(milliseconds).emitWithAck("get_connection_count");
    return true;
  } catch {
    return false;
  }
}

async function askOnce(socket, event, payload) {
  try {
    return await socket.timeout(ANSWER_MILLISECONDS_MAX).emitWithAck(event, ...payload);
  } catch {
    return { ok: false, error: { code: "no_answer", message: say("The server did not answer.") } };
  }
}

// One browser's tabs are one person in the count, and this is how the server knows them for one.
function visitor() {
  try {
    return (localStorage.visitor ??= randomHex());
  } catch {
    // A browser that keeps nothing: each of its tabs counts for itself.
    return undefined;
  }
}

function randomHex() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

function pause(seconds = RETRY_MILLISECONDS / 1000) {
  return new Promise((resolve) => setTimeout(resolve, seconds * 1000));
}

// The client does not come back by itself when the server closes a namespace alone, or stumbles
// while it lets somebody in.
function comeBack(socket) {
  socket?.on("connect_error", ({ data }) => {
    if (PASSING.has(data?.code)) setTimeout(() => socket.connect(), RETRY_MILLISECONDS);
  });
  socket?.on("disconnect", (reason) => {
    if (reason === "io server disconnect") setTimeout(() => socket.connect(), RETRY_MILLISECONDS);
  });
}
