// The same handlers as Potluck's, on Node's socket.io: what the bench runs beside it.
//
// node peer.mjs PORT DATABASE_URL coalesced|naive

import { createHash } from "node:crypto";
import { createServer } from "node:http";
import { createRequire } from "node:module";

const require = createRequire(new URL("../../node/package.json", import.meta.url));
const { Server } = require("socket.io");
const pg = require("pg");

const [port, database, counting] = process.argv.slice(2);
const COUNT_EVERY_MS = 500;
const PING_MS = 10_000;
const PING_TIMEOUT_MS = 8_000;
const MESSAGE_BYTES_MAX = 16 * 1024;
const CONNECTIONS_MAX = 30;
const FIND = `
  SELECT s.id, s.user_id, s.expires_at, u.name, u.banned_at, a.posted, a.held, a.seq
  FROM sessions s
  LEFT JOIN users u ON u.id = s.user_id
  LEFT JOIN accounts a ON a.user_id = s.user_id
  WHERE s.token_digest = $1 AND s.expires_at > now()`;
const BALANCE = "SELECT posted, held, seq FROM accounts WHERE user_id = $1";

const pool = new pg.Pool({ connectionString: database, max: CONNECTIONS_MAX });
const http = createServer((_request, response) => response.end("ready"));
const io = new Server(http, {
  transports: ["websocket"],
  pingInterval: PING_MS,
  pingTimeout: PING_TIMEOUT_MS,
  maxHttpBufferSize: MESSAGE_BYTES_MAX,
});
const people = new Map();
let connections = 0;

function count() {
  return { connections, people: people.size };
}

function add(person, tabs) {
  const left = (people.get(person) ?? 0) + tabs;
  connections += tabs;
  if (left) people.set(person, left);
  else people.delete(person);
}

async function findSession(socket) {
  const token = /(?:^|; )potluck=([^;]+)/.exec(socket.handshake.headers.cookie ?? "")?.[1];
  if (!token) return undefined;
  const digest = createHash("sha256").update(token).digest();
  const { rows } = await pool.query({ name: "find", text: FIND, values: [digest] });
  return rows[0];
}

io.use(async (socket, next) => {
  socket.data.session = await findSession(socket);
  next();
});
io.on("connection", (socket) => {
  const session = socket.data.session;
  const person = session?.user_id ? `user:${session.user_id}` : `socket:${socket.id}`;
  add(person, 1);
  if (counting === "naive") io.emit("connection_count", count());
  socket.on("disconnect", () => {
    add(person, -1);
    if (counting === "naive") io.emit("connection_count", count());
  });
  socket.on("get_connection_count", (answer) => answer({ ok: true, ...count() }));
});

const members = io.of("/members");
members.use(async (socket, next) => {
  const session = await findSession(socket);
  if (!session?.user_id || session.banned_at) {
    next(Object.assign(new Error("signed_out"), { data: { code: "signed_out" } }));
    return;
  }
  socket.data.session = session;
  next();
});
members.on("connection", (socket) => socket.join(`user:${socket.data.session.user_id}`));

if (counting === "coalesced") {
  let known = "";
  setInterval(() => {
    const now = count();
    const said = JSON.stringify(now);
    if (said !== known) io.emit("connection_count", now);
    known = said;
  }, COUNT_EVERY_MS);
}

const listener = new pg.Client({ connectionString: database });
await listener.connect();
await listener.query("LISTEN announcements");
listener.on("notification", async ({ payload }) => {
  const { kind, user_id } = JSON.parse(payload);
  if (kind !== "credits") return;
  const { rows } = await pool.query({ name: "balance", text: BALANCE, values: [user_id] });
  const { posted, held, seq } = rows[0];
  const balance = { available: Number(posted) - Number(held), held: Number(held), seq: Number(seq) };
  members.to(`user:${user_id}`).emit("credits", balance);
});
http.listen(Number(port), "127.0.0.1");
