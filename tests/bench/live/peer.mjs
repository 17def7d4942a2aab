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

// What Potluck's `join_pool` and `leave_pool` ask the database, statement by statement.
const MAY_WAIT = `
  SELECT (SELECT sentence FROM pauses WHERE what = 'rounds'),
    EXISTS (SELECT 1 FROM room_members WHERE user_id = $1 AND left_at IS NULL),
    CAST((SELECT json_agg(newest) FROM (
      SELECT DISTINCT ON (model) id, model, input_credits_per_million, output_credits_per_million
      FROM model_prices ORDER BY model, id DESC
    ) newest) AS text) AS prices, posted, held, seq, owed, freezes
  FROM accounts WHERE user_id = $1`;
const JOIN = "SELECT take_place($1, $2)";
const LEAVE = `
  WITH gone AS (DELETE FROM pool_entries WHERE user_id = $1 RETURNING user_id)
  SELECT EXISTS (SELECT FROM gone),
    (SELECT count(*) FROM pool_entries WHERE expires_at > now() AND user_id <> $1)`;
const HAS_ROOM = "SELECT 1 FROM room_members WHERE user_id = $1 AND left_at IS NULL";
const COUNT = "SELECT count(*) FROM pool_entries WHERE expires_at > now()";
const LOOK = `
  SELECT count(*), count(*) >= $1 OR count(*) FILTER (WHERE joined_at <
    to_timestamp(floor(extract(epoch FROM clock_timestamp()) / $2) * $2)) >= $3 AS is_ripe
  FROM pool_entries WHERE expires_at > clock_timestamp()`;
const PLACE_SECONDS = 7;
const [PEOPLE_MAX, WAVE_SECONDS, PEOPLE_MIN] = [4, 10, 2];
const MODEL = "scripted";
const ROUND_CREDITS = 15;

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
members.on("connection", (socket) => {
  const { user_id } = socket.data.session;
  socket.join(`user:${user_id}`);
  socket.on("join_pool", async (answer) => answer(await joinPool(socket, user_id)));
  socket.on("leave_pool", async (answer) => answer(await leavePool(user_id)));
});

function ask(name, text, values) {
  return pool.query({ name, text, values });
}

async function joinPool(socket, user_id) {
  socket.join("pool");
  const { sentence, exists, prices, posted, held } = (await ask("may", MAY_WAIT, [user_id])).rows[0];
  if (sentence !== null) return refused("paused");
  if (exists) return refused("already_in_room");
  if (!(prices ?? "").includes(MODEL)) return refused("no_price");
  if (Number(posted) - Number(held) < ROUND_CREDITS) return refused("insufficient_credits");
  const { take_place } = (await ask("join", JOIN, [user_id, PLACE_SECONDS])).rows[0];
  if (!take_place) return refused("already_in_room");
  return waiting(await ask("look", LOOK, [PEOPLE_MAX, WAVE_SECONDS, PEOPLE_MIN]));
}

async function leavePool(user_id) {
  const left = await ask("leave", LEAVE, [user_id]);
  if (!left.rows[0].exists && (await ask("room", HAS_ROOM, [user_id])).rows.length) {
    return refused("already_in_room");
  }
  return waiting(left);
}

function waiting({ rows }) {
  return { ok: true, waiting: Number(rows[0].count) };
}

function refused(code) {
  return { ok: false, error: { code } };
}

if (counting === "coalesced") {
  let known = "";
  setInterval(() => {
    const now = count();
    const said = JSON.stringify(now);
    if (said !== known) io.emit("connection_count", now);
    known = said;
  }, COUNT_EVERY_MS);
}
let knownToWait = 0;
setInterval(async () => {
  const { waiting: now } = waiting(await ask("count", COUNT, []));
  if (now !== knownToWait) members.to("pool").emit("pool_count", { waiting: now });
  knownToWait = now;
}, COUNT_EVERY_MS);

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
