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
const PAUSE = "SELECT sentence FROM pauses WHERE what = 'rounds'";
const LOCK = "SELECT pg_advisory_xact_lock_shared(7688526)";
const ROOM = `
  SELECT rooms.id, code, host_id, seats, event_seq, created_at, active_at, closed_at,
    doors_opened_at
  FROM rooms JOIN room_members ON room_members.room_id = rooms.id
  WHERE room_members.user_id = $1 AND room_members.left_at IS NULL`;
const PRICE = `
  SELECT id, model, input_credits_per_million, output_credits_per_million, created_at
  FROM model_prices
  WHERE id IN (SELECT max(id) FROM model_prices WHERE model IN ($1) GROUP BY model)`;
const ACCOUNT = "SELECT posted, held, seq, owed, freezes FROM accounts WHERE user_id = $1";
const JOIN = `
  INSERT INTO pool_entries (user_id, expires_at)
  VALUES ($1, now() + make_interval(secs => $2))
  ON CONFLICT (user_id) DO UPDATE SET
    expires_at = excluded.expires_at,
    joined_at = CASE WHEN pool_entries.expires_at > now() THEN pool_entries.joined_at
      ELSE excluded.joined_at END`;
const LEAVE = "DELETE FROM pool_entries WHERE user_id = $1 RETURNING user_id";
const RIPE = `
  SELECT count(*) >= $1 OR count(*) FILTER (WHERE joined_at <
    to_timestamp(floor(extract(epoch FROM clock_timestamp()) / $2) * $2)) >= $3
  FROM pool_entries WHERE expires_at > clock_timestamp()`;
const WAITING = "SELECT count(*) FROM pool_entries WHERE expires_at > now()";
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

async function transaction(work, end) {
  const client = await pool.connect();
  try {
    await client.query("BEGIN");
    const found = await work((name, text, values) => client.query({ name, text, values }));
    await client.query(end);
    return found;
  } catch (error) {
    await client.query("ROLLBACK");
    throw error;
  } finally {
    client.release();
  }
}

async function joinPool(socket, user_id) {
  socket.join("pool");
  const refused = await transaction(async (ask) => {
    if ((await ask("pause", PAUSE)).rows.length) return "paused";
    await ask("lock", LOCK);
    if ((await ask("room", ROOM, [user_id])).rows.length) return "already_in_room";
    if (!(await ask("price", PRICE, [MODEL])).rows.length) return "no_price";
    const { posted, held } = (await ask("account", ACCOUNT, [user_id])).rows[0];
    if (Number(posted) - Number(held) < ROUND_CREDITS) return "insufficient_credits";
    await ask("join", JOIN, [user_id, PLACE_SECONDS]);
    return undefined;
  }, "COMMIT");
  if (refused) return { ok: false, error: { code: refused } };
  return transaction(async (ask) => {
    await ask("ripe", RIPE, [PEOPLE_MAX, WAVE_SECONDS, PEOPLE_MIN]);
    return waiting(ask);
  }, "ROLLBACK");
}

async function leavePool(user_id) {
  await transaction((ask) => ask("leave", LEAVE, [user_id]), "COMMIT");
  return transaction(waiting, "ROLLBACK");
}

async function waiting(ask) {
  return { ok: true, waiting: Number((await ask("waiting", WAITING)).rows[0].count) };
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
