// Thousands of simultaneous sockets: each of them gets an answer.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { io } from 'socket.io-client-4.8';

import { deliver, register, transaction } from '../support/provider.js';
import { Server } from '../support/server.js';
import { token } from '../support/signing.js';
import { eventually } from '../support/wait.js';

const SOCKETS = 5_000;
const USERS = 500;
/** How many requests are in flight at once. */
const AT_ONCE = 400;

test('5,000 sockets that sign in the moment they are connected are all answered, and are all told', { timeout: 120_000 }, async (t) => {
  const server = await Server.start();
  t.after(() => server.stop());
  const sockets = [];
  t.after(() => sockets.forEach((socket) => socket.close()));
  const tokens = Array.from({ length: USERS }, (_, user) => token(`user-${user}`));
  let answered = 0;
  let told = 0;
  const refused = [];

  const open = (user) =>
    new Promise((resolve) => {
      const socket = io(server.url, { transports: ['websocket'], forceNew: true, reconnection: false });
      sockets.push(socket);
      const end = (outcome) => (socket.off(), socket.on('transaction:new', () => (told += 1)), outcome(), resolve());
      socket.once('connect', () => socket.emit('authenticate', { userId: `user-${user}`, token: tokens[user] }));
      socket.once('authenticated', () => end(() => (answered += 1)));
      for (const name of ['error', 'connect_error', 'disconnect']) socket.once(name, (reason) => end(() => refused.push(`${name}: ${reason?.message ?? reason}`)));
      // A request without an answer must not hold up the others.
      setTimeout(resolve, 30_000).unref();
    });
  let next = 0;
  const worker = async () => {
    while (next < SOCKETS) await open((next += 1) % USERS);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  assert.deepEqual(refused, []);
  assert.equal(answered, SOCKETS);

  const connection = await register(server, 'user-7');
  await deliver(server, transaction(connection));
  await eventually(() => told === SOCKETS / USERS, 'all ten sockets of the user are told');
});
