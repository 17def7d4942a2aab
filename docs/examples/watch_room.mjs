// Waits in the pool or enters a room, and shows what is written there; see ../protocol.md.

import { Manager } from "socket.io-client";

const [url, code] = process.argv.slice(2).filter((argument) => argument !== "-");
const cookie = `${process.env.POTLUCK_COOKIE ?? "potluck"}=${process.env.POTLUCK_SESSION}`;
const OVER = new Set(["done", "failed", "stopped"]);

const manager = new Manager(url, {
  transports: ["websocket"],
  extraHeaders: { Cookie: cookie, Origin: url },
});
const everyone = manager.socket("/");
const members = manager.socket("/members");
let shown = { code, generation: null, seq: 0, text: "" };
let isEntering = false;
let isBehind = false;

async function ask(event, ...payload) {
  for (;;) {
    const answer = await members.emitWithAck(event, ...payload);
    if (answer.ok || answer.error.code !== "too_many_requests") return answer;
    await new Promise((resolve) => setTimeout(resolve, answer.error.pause_seconds * 1000));
  }
}

// Whatever is missed while one question is under way is asked for by the next, and not beside it.
async function enter() {
  isBehind = true;
  if (isEntering) return;
  isEntering = true;
  try {
    while (isBehind && members.connected) {
      isBehind = false;
      await catchUp();
    }
  } finally {
    isEntering = false;
  }
}

async function catchUp() {
  const before = shown;
  const { code, generation, seq } = before;
  const answer = await ask("enter_room", { code, generation, last_seq: seq });
  if (!answer.ok) throw new Error(answer.error.message);
  const written = answer.generation;
  const isOver = OVER.has(answer.round?.phase);
  if (written && (isOver || written.id !== shown.generation || written.seq > shown.seq)) {
    const kept = written.from_seq ? before.text : "";
    shown = { code, generation: written.id, seq: written.seq, text: kept + written.text };
  }
  if (!isOver || !written) return;
  console.log(shown.text);
  members.disconnect();
  everyone.disconnect();
}

everyone.on("connect", async () => {
  const { connections } = await everyone.emitWithAck("get_connection_count");
  console.log("connected:", connections);
});
// Also after a lost connection: whatever was written meanwhile comes with the answer.
members.on("connect", () => (shown.code ? enter() : ask("join_pool")));
members.on("matched", ({ code }) => {
  shown = { ...shown, code };
  enter();
});
members.on("delta", ({ generation, seq, text }) => {
  if (generation === shown.generation && seq === shown.seq + 1) {
    shown = { ...shown, seq, text: shown.text + text };
  } else if (generation !== shown.generation || seq > shown.seq) enter();
});
members.on("round", ({ phase }) => OVER.has(phase) && enter());
members.on("connect_error", ({ message }) => console.error(message));
