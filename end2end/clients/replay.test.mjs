// A client that sends the number of its last event receives what it missed, in order and once.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import { opener, versions } from '../support/client.js';
import { deliver, register, transaction } from '../support/provider.js';
import { Server } from '../support/server.js';
import { token } from '../support/signing.js';

let server;
before(async () => (server = await Server.start()));
after(() => server.stop());

/** A user who has missed five transactions; the registration was event 1. */
async function absent(user) {
  const connection = await register(server, user);
  for (const id of ['a', 'b', 'c', 'd', 'e']) await deliver(server, transaction(connection, { id }));
  return connection;
}

const told = (client) => client.feed.map(({ payload: { seq, source, transaction: { transactionId } } }) => [seq, source, transactionId]);

for (const version of versions) {
  describe(`socket.io-client ${version}`, () => {
    const missed = [
      [4, 'replay', 'c'],
      [5, 'replay', 'd'],
      [6, 'replay', 'e'],
    ];

    test('gets what it missed before anything newer, with `authenticate`', async (t) => {
      const user = `absent-${version}`;
      const connection = await absent(user);
      const client = opener(t, server)({ version });
      client.emit('authenticate', { userId: user, token: token(user), since: 3 });
      await client.next('authenticated');
      await deliver(server, transaction(connection, { id: 'new' }));
      for (let index = 0; index < 4; index += 1) await client.next('transaction:new');
      assert.deepEqual(told(client), [...missed, [7, 'realtime', 'new']]);
    });

    if (version !== '2.5') {
      test('gets what it missed with its handshake, and not again when it then sends `authenticate`', async (t) => {
        const user = `handshake-${version}`;
        const connection = await absent(user);
        const client = opener(t, server)({ version, auth: { token: token(user), since: 3 } }).signsIn(user);
        await client.next('authenticated');
        await client.next('authenticated');
        await deliver(server, transaction(connection, { id: 'new' }));
        for (let index = 0; index < 4; index += 1) await client.next('transaction:new');
        assert.deepEqual(told(client), [...missed, [7, 'realtime', 'new']]);
      });
    }

    test('is told to reload when it knows of more than there is', async (t) => {
      const user = `ahead-${version}`;
      await absent(user);
      const client = opener(t, server)({ version });
      client.emit('authenticate', { userId: user, token: token(user), since: 99 });
      const { reason, oldestSeq, seq } = await client.next('sync:required');
      assert.equal(typeof reason, 'string');
      assert.deepEqual([oldestSeq, seq], [1, 6]);
      assert.deepEqual(client.feed, []);
    });

    test('gets only what happens from then on when it does not ask', async (t) => {
      const user = `plain-${version}`;
      const connection = await absent(user);
      const client = opener(t, server)({ version }).signsIn(user);
      assert.equal((await client.next('authenticated')).seq, 6);
      await deliver(server, transaction(connection, { id: 'new' }));
      await client.next('transaction:new');
      assert.deepEqual(told(client), [[7, 'realtime', 'new']]);
    });
  });
}
