// `tallywire tail`, which people use to see whether events arrive.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { deliver, register, transaction } from '../support/provider.js';
import { Server } from '../support/server.js';
import { eventually, within } from '../support/wait.js';

let server;
before(async () => (server = await Server.start()));
after(() => server.stop());

/** Follows a user's events until the test ends. */
function tailing(t, ...args) {
  const tail = server.follow(['tail', ...args]);
  t.after(() => tail.stop());
  tail.prints = (text, times = 1) =>
    eventually(() => tail.output.split(text).length > times, () => `${text} in:\n${tail.output}`, 30_000);
  return tail;
}

test('prints what it missed while the server was away, and says that it was away', async (t) => {
  const connection = await register(server, 'alex');
  const tail = tailing(t, 'alex');
  await tail.prints('authenticated');
  await deliver(server, transaction(connection, { id: 'before' }));
  await tail.prints('"transactionId":"before"');

  await server.restart();
  await deliver(server, transaction(connection, { id: 'meanwhile' }));
  await tail.prints('"transactionId":"meanwhile"');
  assert.match(tail.output, /The connection is lost \(.+\)\. Reconnecting/);
  assert.equal(tail.output.split('"transactionId":"meanwhile"').length, 2, 'once');

  tail.stop();
  assert.equal(await within(tail.ended, 'end'), 0);
});

test('ends with the reason if its sign-in is refused', async (t) => {
  const tail = tailing(t, 'alex', '--token', 'nonsense');
  assert.equal(await within(tail.ended, () => `end of:\n${tail.output}`), 1);
  assert.match(tail.output, /the server refuses: Invalid or expired token \(INVALID_TOKEN\)/);
});

test('ends with the reason if the server cannot be reached', async (t) => {
  const tail = tailing(t, 'alex', '--url', 'http://127.0.0.1:1');
  assert.equal(await within(tail.ended, () => `end of:\n${tail.output}`), 1);
  assert.match(tail.output, /cannot connect to http:\/\/127\.0\.0\.1:1/);
});
