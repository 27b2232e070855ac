// Every official client reconnects automatically after the server was killed and restarted.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { opener, versions, ways } from '../support/client.js';
import { deliver, register, transaction } from '../support/provider.js';
import { Server } from '../support/server.js';
import { besidesEpoch } from '../support/epoch.js';

for (const version of versions) {
  for (const [way, transports] of Object.entries(ways)) {
    test(`socket.io-client ${version}, ${way}, receives again after the server was killed and started again`, async (t) => {
      const server = await Server.start();
      t.after(() => server.stop());
      const connection = await register(server, 'user-1');
      const client = opener(t, server)({ version, transports });
      client.signsIn('user-1');
      await client.next('authenticated');
      await deliver(server, transaction(connection, { id: 'before' }));
      assert.equal((await client.next('transaction:new')).transaction.transactionId, 'before');
      if (transports.length > 1) await client.upgraded();

      await server.kill();
      await client.next('disconnect');
      await server.restart();
      assert.deepEqual(besidesEpoch(await client.next('authenticated')), { userId: 'user-1', seq: 2 });
      await deliver(server, transaction(connection, { id: 'after' }));
      const event = await client.next('transaction:new');
      assert.deepEqual([event.transaction.transactionId, event.seq], ['after', 3]);
    });
  }
}
