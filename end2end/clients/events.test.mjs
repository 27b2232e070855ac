// The rarer events of a feed, as the newest and the oldest official client receive them.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import { opener } from '../support/client.js';
import { deliver, register, transaction } from '../support/provider.js';
import { Server } from '../support/server.js';
import { secrets } from '../support/signing.js';

let server;
before(async () => (server = await Server.start()));
after(() => server.stop());

const service = { 'x-service-secret': secrets.service };

for (const version of ['2.5', '4.8']) {
  describe(`socket.io-client ${version}`, () => {
    const signedIn = async (t, user) => {
      const connection = await register(server, user);
      const client = opener(t, server)({ version }).signsIn(user);
      await client.next('authenticated');
      return { connection, client };
    };

    test('is told of a transaction that was deleted', async (t) => {
      const { connection, client } = await signedIn(t, `deleted-${version}`);
      await deliver(server, transaction(connection, { id: 'tx-1' }));
      await client.next('transaction:new');
      await deliver(server, transaction(connection, { id: 'tx-1' }, { event: 'transaction.deleted' }));
      const { transactionId, connectorId, connectionId, accountId, seq } = await client.next('transaction:deleted');
      assert.deepEqual([transactionId, connectorId, connectionId, accountId, seq], ['tx-1', 'basiq', connection, 'acc-1', 3]);
    });

    test('is told when a synchronisation is complete', async (t) => {
      const { connection, client } = await signedIn(t, `synced-${version}`);
      await deliver(server, transaction(connection));
      await client.next('transaction:new');
      const path = `/api/connectors/basiq/connections/${connection}/sync`;
      const response = await fetch(server.url + path, { method: 'POST', headers: service });
      assert.equal(response.status, 202);
      const { connectionId, stats } = await client.next('sync:complete');
      assert.deepEqual([connectionId, stats], [connection, { totalTransactions: 1, newTransactions: 0 }]);
    });

    test('is told when a connection is registered and when it changes', async (t) => {
      const { connection, client } = await signedIn(t, `connected-${version}`);
      const second = await register(server, `connected-${version}`, { connectionId: `second-${version}` });
      const added = await client.next('connection:updated');
      assert.deepEqual([added.connectionId, added.connectorId, added.status], [second, 'basiq', 'active']);
      await register(server, `connected-${version}`, { connectionId: connection, status: 'invalid' });
      const changed = await client.next('connection:updated');
      assert.deepEqual([changed.connectionId, changed.status], [connection, 'invalid']);
    });

    test('is told once of a delivery that comes twice', async (t) => {
      const { connection, client } = await signedIn(t, `twice-${version}`);
      const body = transaction(connection, { id: 'tx-1' });
      const id = `msg_${connection.replace('.', '-')}`;
      assert.equal((await deliver(server, body, { id })).duplicate ?? false, false);
      assert.equal((await deliver(server, body, { id })).duplicate, true);
      await deliver(server, transaction(connection, { id: 'tx-2' }));
      const ids = [await client.next('transaction:new'), await client.next('transaction:new')].map((event) => event.transaction.transactionId);
      assert.deepEqual(ids, ['tx-1', 'tx-2']);
    });

    test('receives what Apideck sends, in its own currency', async (t) => {
      const user = `apideck-${version}`;
      const connection = await register(server, user, { connector: 'apideck', connectionId: `apideck-${version}` });
      const client = opener(t, server)({ version }).signsIn(user);
      await client.next('authenticated');
      const { event: event_type, data } = transaction(connection, { amount: 17.25 });
      await deliver(server, { event_type, data }, { connector: 'apideck' });
      const { transaction: received } = await client.next('transaction:new');
      assert.deepEqual([received.amount, received.currency, received.connectorId, received.primaryType], [17.25, 'USD', 'apideck', 'income']);
    });

    test('receives what was kept for a connection once that is registered', async (t) => {
      const user = `late-${version}`;
      const client = opener(t, server)({ version }).signsIn(user);
      await client.next('authenticated');
      const answer = await deliver(server, transaction(`conn-${user}`, { id: 'tx-1' }));
      assert.equal(answer.kept, true);
      await register(server, user);
      assert.equal((await client.next('transaction:new')).transaction.transactionId, 'tx-1');
    });
  });
}
