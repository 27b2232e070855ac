// Every official client receives its user's transactions over every transport.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import { opener, versions, ways } from '../support/client.js';
import { deliver, register, transaction } from '../support/provider.js';
import { Server } from '../support/server.js';
import { token } from '../support/signing.js';
import { besidesEpoch } from '../support/epoch.js';

let server;
before(async () => (server = await Server.start()));
after(() => server.stop());

let users = 0;
const newUser = () => `user-${(users += 1)}`;

for (const version of versions) {
  for (const [way, transports] of Object.entries(ways)) {
    describe(`socket.io-client ${version}, ${way}`, () => {
      test('signs in with `authenticate` and receives what happens, digit for digit', async (t) => {
        const user = newUser();
        const connection = await register(server, user);
        const client = opener(t, server)({ version, transports });
        client.signsIn(user);
        assert.deepEqual(besidesEpoch(await client.next('authenticated')), { userId: user, seq: 1 });

        const sent = transaction(connection, { amount: '-90071992547409.93' });
        assert.equal((await deliver(server, sent)).success, true);
        const event = await client.next('transaction:new');
        assert.equal(event.seq, 2);
        assert.equal(event.source, 'realtime');
        assert.match(event.eventId, /\S/);
        assert.match(event.timestamp, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/);
        assert.ok(Math.abs(Date.now() - Date.parse(event.timestamp)) < 60_000, event.timestamp);
        const { transaction: received } = event;
        assert.equal(received.amount, -90071992547409.93);
        assert.ok(client.packets.some((text) => text.includes('"amount":-90071992547409.93,')), client.packets.join('\n'));
        const expected = {
          transactionId: sent.data.transaction.id,
          accountId: 'acc-1',
          userId: user,
          connectionId: connection,
          currency: 'AUD',
          primaryType: 'expense',
          description: 'CORNER ESPRESSO',
          connectorId: 'basiq',
          connectorType: 'bank',
          status: 'posted',
        };
        for (const [name, value] of Object.entries(expected)) assert.equal(received[name], value, name);
        assert.equal(Date.parse(received.date), Date.parse(sent.data.transaction.transactionDate));
      });

      test('is told of a change and of the balance, numbered without a gap', async (t) => {
        const user = newUser();
        const connection = await register(server, user);
        const client = opener(t, server)({ version, transports });
        client.signsIn(user);
        await client.next('authenticated');

        const fields = { id: 'tx-1', amount: '-50.10', status: 'pending' };
        await deliver(server, transaction(connection, fields));
        const first = await client.next('transaction:new');
        assert.equal(first.transaction.status, 'pending');
        const change = { event: 'transaction.updated', account: { balance: '1000.07' } };
        await deliver(server, transaction(connection, { ...fields, amount: '-50.1', status: 'posted' }, change), { signing: 'guide' });
        const updated = await client.next('transaction:updated');
        assert.deepEqual([updated.transaction.transactionId, updated.transaction.status, updated.transaction.amount], ['tx-1', 'posted', -50.1]);
        const balance = await client.next('balance:updated');
        assert.deepEqual(
          [balance.connectionId, balance.accountId, balance.currency, balance.balance],
          [connection, 'acc-1', 'AUD', 1000.07],
        );
        const numbers = client.feed.map(({ payload }) => payload.seq);
        assert.deepEqual([...numbers].sort(), [2, 3, 4]);
        assert.equal(new Set(client.feed.map(({ payload }) => payload.eventId)).size, 3);
      });

      test('gets the acknowledgement that it asks for', async (t) => {
        const user = newUser();
        const client = opener(t, server)({ version, transports });
        const refusal = { ok: false, message: 'Invalid or expired token', code: 'INVALID_TOKEN' };
        assert.deepEqual(await client.ask('authenticate', { userId: user, token: 'no.token.here' }), refusal);
        const answer = await client.ask('authenticate', { userId: user, token: token(user) });
        assert.deepEqual(answer, { ok: true, userId: user, seq: 0 });
      });

      test('ends up on the transport that it asked for', async (t) => {
        const client = opener(t, server)({ version, transports });
        client.signsIn(newUser());
        await client.next('authenticated');
        if (transports.length > 1) await client.upgraded();
        assert.equal(client.transport, transports.at(-1));
      });

      // Version 2 has no `auth`, and reserves the name `ping`.
      if (version !== '2.5') {
        test('signs in with its handshake, and may `authenticate` again', async (t) => {
          const user = newUser();
          const connection = await register(server, user);
          const client = opener(t, server)({ version, transports, auth: { token: token(user) } });
          assert.deepEqual(besidesEpoch(await client.next('authenticated')), { userId: user, seq: 1 });
          for (const again of [user, { userId: user, token: token(user) }]) {
            client.emit('authenticate', again);
            assert.equal((await client.next('authenticated')).userId, user);
          }
          await deliver(server, transaction(connection));
          await client.next('transaction:new');
          assert.equal(client.feed.length, 1);
        });

        test('is answered `pong` to its `ping`', async (t) => {
          const client = opener(t, server)({ version, transports });
          client.emit('ping');
          await client.next('pong');
        });
      }
    });
  }
}
