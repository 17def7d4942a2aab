// The two hot reads as Express with pg answers them: the same query, the same cookie.
//
// node server.mjs PORT DATABASE_URL

import { createHash } from "node:crypto";
import express from "express";
import pg from "pg";

const [port, database] = process.argv.slice(2);
const CONNECTIONS_MAX = 30;
const FIND = `
  SELECT s.id, s.data, s.expires_at, s.user_id,
    s.last_seen_at < now() - interval '60 seconds' AS is_stale,
    u.name, u.banned_at, a.posted, a.held, a.seq
  FROM sessions s
  LEFT JOIN users u ON u.id = s.user_id
  LEFT JOIN accounts a ON a.user_id = s.user_id
  WHERE s.token_digest = $1 AND s.expires_at > now()`;

const pool = new pg.Pool({ connectionString: database, max: CONNECTIONS_MAX });
const app = express();
app.set("etag", false);

app.use("/credits", async (request, response, next) => {
  const token = /(?:^|; )potluck=([^;]+)/.exec(request.headers.cookie ?? "")?.[1] ?? "";
  const digest = createHash("sha256").update(token).digest();
  const { rows } = await pool.query({ name: "find", text: FIND, values: [digest] });
  const found = rows[0];
  if (!found?.user_id || found.banned_at) return response.status(401).json({ error: "signed_out" });
  const [posted, held, seq] = [found.posted, found.held, found.seq].map(Number);
  request.credits = { posted, held, available: posted - held, seq };
  response.set("Cache-Control", "no-store");
  next();
});
app.get("/credits/balance", (request, response) => response.json(request.credits));
app.get("/credits/badge", (request, response) => {
  const { available, held, seq } = request.credits;
  response.type("html").send(
    `<a id="credit-badge" href="/credits" data-seq="${seq}"><span>${available} credits</span> ` +
      `<span${held ? "" : " hidden"}>${held} held</span></a>`,
  );
});
app.get("/ready", (_request, response) => response.send("ready"));
app.listen(Number(port), "127.0.0.1");
