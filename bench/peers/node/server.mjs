// A service of the same kind as Tallywire, as one would write it in Node.js: express, socket.io and better-sqlite3.
//
// It verifies each webhook over its raw bytes, makes it durable (WAL, synchronous=FULL) before it is answered, and
// emits the event to the user's room right after the commit. Webhooks that arrive while a commit is at work share the
// next one. It does less than Tallywire: no event log, no resume, no balances, no outbox.

import { createHmac, timingSafeEqual } from "node:crypto";
import { createServer } from "node:http";

import Database from "better-sqlite3";
import express from "express";
import jwt from "jsonwebtoken";
import { Server } from "socket.io";

const { JWT_SECRET, SERVICE_SECRET, BASIQ_WEBHOOK_SECRET, CONNECTORS_PORT, CONNECTORS_HOST, DATABASE_URL } = process.env;
const WEBHOOK_KEY = Buffer.from(BASIQ_WEBHOOK_SECRET.replace("whsec_", ""), "base64");
const TOLERANCE_SECONDS = 300;

const database = new Database(DATABASE_URL.replace("sqlite://", ""));
database.pragma("journal_mode = WAL");
database.pragma("synchronous = FULL");
database.exec(`
  CREATE TABLE IF NOT EXISTS connections (connection_id TEXT PRIMARY KEY, user_id TEXT NOT NULL);
  CREATE TABLE IF NOT EXISTS deliveries (delivery_key TEXT PRIMARY KEY, body TEXT NOT NULL, received_at INTEGER NOT NULL);
  CREATE TABLE IF NOT EXISTS transactions (transaction_key TEXT PRIMARY KEY, user_id TEXT NOT NULL, body TEXT NOT NULL);
`);
const insertDelivery = database.prepare("INSERT INTO deliveries VALUES (?, ?, ?) ON CONFLICT DO NOTHING");
const upsertTransaction = database.prepare(
  "INSERT INTO transactions VALUES (?, ?, ?) ON CONFLICT (transaction_key) DO UPDATE SET body = excluded.body",
);
const putConnection = database.prepare("INSERT OR REPLACE INTO connections VALUES (?, ?)");
const owners = new Map();
for (const row of database.prepare("SELECT * FROM connections").iterate()) owners.set(row.connection_id, row.user_id);
const numbers = new Map();

const app = express();
app.disable("x-powered-by");
app.disable("etag");
const http = createServer(app);
const io = new Server(http, { maxHttpBufferSize: 100_000 });

function isAuthentic(headers, body) {
  const id = headers["webhook-id"];
  const time = headers["webhook-timestamp"];
  const sent = headers["webhook-signature"];
  if (!id || !time || !sent || Math.abs(Date.now() / 1000 - Number(time)) > TOLERANCE_SECONDS) return false;
  const mac = createHmac("sha256", WEBHOOK_KEY).update(`${id}.${time}.`).update(body).digest();
  return sent.split(" ").some((entry) => {
    const candidate = Buffer.from(entry.replace("v1,", ""), "base64");
    return candidate.length === mac.length && timingSafeEqual(candidate, mac);
  });
}

// A delivery carries one transaction or, when a provider catches up, many.
function normalise({ data }, userId) {
  return (data.transactions ?? [data.transaction]).map((transaction) => standardise(transaction, data.connectionId, userId));
}

function standardise(transaction, connectionId, userId) {
  return {
    transactionId: transaction.id,
    accountId: transaction.account,
    userId,
    connectionId,
    amount: Number(transaction.amount),
    currency: transaction.currency ?? "AUD",
    date: new Date(transaction.transactionDate).toISOString(),
    primaryType: transaction.amount.startsWith("-") ? "expense" : "income",
    description: transaction.description,
    source: "BANK_API",
    connectorId: "basiq",
    connectorType: "bank",
    status: transaction.status,
  };
}

const commit = database.transaction((batch) => {
  for (const delivery of batch) {
    delivery.isNew = insertDelivery.run(delivery.key, delivery.text, Date.now()).changes > 0;
    if (!delivery.isNew) continue;
    for (const transaction of delivery.transactions) {
      const key = `${transaction.connectionId}:${transaction.accountId}:${transaction.transactionId}`;
      upsertTransaction.run(key, transaction.userId, JSON.stringify(transaction));
    }
  }
});

let waiting = [];
function flush() {
  const batch = waiting;
  waiting = [];
  commit(batch);
  for (const { isNew, transactions, response } of batch) {
    for (const transaction of isNew ? transactions : []) {
      const seq = (numbers.get(transaction.userId) ?? 0) + 1;
      numbers.set(transaction.userId, seq);
      const timestamp = new Date().toISOString();
      io.to(`user:${transaction.userId}`).emit("transaction:new", { transaction, seq, timestamp, source: "realtime" });
    }
    response.json({ success: true, duplicate: !isNew, processed: isNew ? transactions.length : 0 });
  }
}

app.post("/api/connectors/basiq/webhook", express.raw({ type: "*/*", limit: "1mb" }), (request, response) => {
  if (!isAuthentic(request.headers, request.body)) return response.status(401).json({ success: false });
  const text = request.body.toString();
  const body = JSON.parse(text);
  const userId = owners.get(body.data.connectionId);
  const transactions = userId === undefined ? [] : normalise(body, userId);
  if (waiting.push({ key: request.headers["webhook-id"], text, transactions, response }) === 1) setImmediate(flush);
});

app.put("/api/connectors/basiq/connections/:id", express.json(), (request, response) => {
  if (request.headers["x-service-secret"] !== SERVICE_SECRET) return response.status(401).json({ success: false });
  putConnection.run(request.params.id, request.body.userId);
  owners.set(request.params.id, request.body.userId);
  response.status(201).json({ success: true });
});

app.get("/api/transactions", (request, response) => {
  const { userId } = jwt.verify(request.headers.authorization.split(" ")[1], JWT_SECRET, { algorithms: ["HS256"] });
  const rows = database.prepare("SELECT body FROM transactions WHERE user_id = ? LIMIT 500").all(userId);
  response.json({ success: true, transactions: rows.map((row) => JSON.parse(row.body)), nextCursor: null });
});

app.get(["/health/live", "/health/ready"], (_request, response) => response.json({ status: "ok" }));

io.on("connection", (socket) => {
  const signIn = (token) => {
    try {
      const { userId } = jwt.verify(token, JWT_SECRET, { algorithms: ["HS256"] });
      socket.join(`user:${userId}`);
      socket.emit("authenticated", { userId, seq: numbers.get(userId) ?? 0 });
    } catch {
      socket.emit("error", { message: "Invalid or expired token", code: "INVALID_TOKEN" });
    }
  };
  socket.on("authenticate", ({ token }) => signIn(token));
  if (socket.handshake.auth?.token) signIn(socket.handshake.auth.token);
});

// Node.js closes idle connections after 5 s: senders that keep theirs, and proxies, need longer.
http.keepAliveTimeout = 65_000;
// Closing the database moves its log into it.
process.once("SIGTERM", () => {
  database.close();
  process.exit(0);
});
http.listen(Number(CONNECTORS_PORT), CONNECTORS_HOST);
