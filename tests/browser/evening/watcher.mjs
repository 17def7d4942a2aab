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
let shown = { generation: 0, seq: 0, text: "" };
// The last delta that came, the number of the newest state of the room, and what came while the
// room was asked for: the answer may hold it, or be what it adds to.
let heard = { generation: 0, seq: 0 };
let newest = 0;
let early = [];
let asking = 0;

function tell(kind, fact) {
  console.log(JSON.stringify({ kind, ...fact }));
}

function show(next) {
  shown = next;
  tell("text", { generation: next.generation, text: next.text });
}

async function enter(isBack) {
  const before = shown;
  const question = { code, generation: before.generation || null, last_seq: before.seq };
  asking += 1;
  const answer = await members.emitWithAck("enter_room", question).catch(() => null);
  asking -= 1;
  // Cut off: the next connection asks again.
  if (!answer) return;
  if (!answer.ok) return tell("refused", answer.error);
  if (answer.generation && answer.seq >= newest) take(answer.generation, answer.round.phase, before, isBack);
  if (!asking) for (const delta of early.splice(0)) add(delta);
  takeRound(answer.round);
}

function take(written, phase, before, isBack) {
  const text = (written.from_seq ? before.text : "") + written.text;
  const isOver = OVER.has(phase);
  if (written.id === shown.generation && isOver && !isBack && text !== shown.text) {
    tell("amended", { generation: written.id, shown, text });
  }
  if (isOver || written.id !== shown.generation || written.seq > shown.seq) {
    show({ generation: written.id, seq: written.seq, text });
  }
}

// The phase is told last: then the text that belongs to it is told already.
function takeRound({ seq, number, phase }) {
  if (seq < newest) return;
  newest = seq;
  tell("round", { number, phase });
}

function add({ generation, seq, text }) {
  if (generation > shown.generation) shown = { generation, seq: 0, text: "" };
  if (generation < shown.generation || seq <= shown.seq) return;
  if (seq === shown.seq + 1) return show({ generation, seq, text: shown.text + text });
  tell("gap", { generation, seq, shown });
  enter(true);
}

members.on("connect", () => enter(true));
members.on("round", (round) => (OVER.has(round.phase) ? enter(false) : takeRound(round)));
members.on("delta", (delta) => {
  const { generation, seq } = delta;
  if (generation < heard.generation || (generation === heard.generation && seq <= heard.seq)) {
    return tell("again", { generation, seq, heard });
  }
  heard = { generation, seq };
  if (asking) early.push(delta);
  else add(delta);
});
