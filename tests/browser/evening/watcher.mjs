// Sits in a room all evening, and says in lines of JSON what it hears. Texts are put together of
// the deltas; where one comes twice, is missing, or the end is another than was told, it says so.

import { Manager } from "socket.io-client";

const [url, code] = process.argv.slice(2).filter((argument) => argument !== "-");
const OVER = new Set(["done", "failed", "stopped"]);

const manager = new Manager(url, {
  transports: ["websocket"],
  extraHeaders: { Cookie: `potluck=${process.env.POTLUCK_SESSION}`, Origin: url },
});
const members = manager.socket("/members");
let shown = { generation: null, seq: 0, text: "" };

function tell(kind, fact) {
  console.log(JSON.stringify({ kind, ...fact }));
}

function show(next) {
  shown = next;
  tell("text", { generation: next.generation, text: next.text });
}

// The phase is told last: then the text that belongs to it is told already.
async function enter() {
  const before = shown;
  const { generation, seq } = before;
  const answer = await members.emitWithAck("enter_room", { code, generation, last_seq: seq });
  if (!answer.ok) return tell("refused", answer.error);
  const { number, phase } = answer.round;
  const written = answer.generation;
  if (written && (OVER.has(phase) || written.id !== shown.generation || written.seq > shown.seq)) {
    const text = (written.from_seq ? before.text : "") + written.text;
    if (written.id === shown.generation && OVER.has(phase) && text !== shown.text) {
      tell("amended", { generation: written.id });
    }
    show({ generation: written.id, seq: written.seq, text });
  }
  tell("round", { number, phase });
}

members.on("connect", enter);
members.on("round", ({ number, phase }) => (OVER.has(phase) ? enter() : tell("round", { number, phase })));
members.on("delta", ({ generation, seq, text }) => {
  if (generation > (shown.generation ?? 0)) shown = { generation, seq: 0, text: "" };
  if (generation !== shown.generation || seq <= shown.seq) return tell("again", { generation, seq });
  if (seq === shown.seq + 1) return show({ generation, seq, text: shown.text + text });
  tell("gap", { generation, seq });
  enter();
});
