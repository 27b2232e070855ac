// What keeps a connection alive, and what must not end it, for every official client.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import { opener, versions, ways } from '../support/client.js';
import { deliver, register, transaction } from '../support/provider.js';
import { Server } from '../support/server.js';
import { eventually } from '../support/wait.js';

const HEARTBEATS = 5;

let server;
before(async () => (server = await Server.start({ PING_INTERVAL: '300', PING_TIMEOUT: '2000' })));
after(() => server.stop());

describe('a connection', { concurrency: true }, () => {
  for (const version of versions) {
    for (const [way, transports] of Object.entries(ways)) {
      describe(`socket.io-client ${version}, ${way}`, { concurrency: true }, () => {
        test('stays connected over many heartbeats', async (t) => {
          const user = `heart-${version}-${transports}`;
          const connection = await register(server, user);
          const client = opener(t, server)({ version, transports, reconnection: false }).signsIn(user);
          await client.next('authenticated');
          if (transports.length > 1) await client.upgraded();
          await eventually(() => client.heartbeats >= HEARTBEATS || client.has('disconnect'), 'enough heartbeats');
          assert.equal(client.has('disconnect'), false);
          await deliver(server, transaction(connection));
          await client.next('transaction:new');
        });

        test('may send binary data and events that nobody knows', async (t) => {
          const user = `binary-${version}-${transports}`;
          const client = opener(t, server)({ version, transports, reconnection: false });
          await client.next('connect');
          client.emit('picture', { bytes: Buffer.from([0, 1, 2, 255]), others: [Buffer.alloc(500, 7)] });
          client.emit('authenticate', Buffer.from('not a user'));
          assert.equal((await client.next('error')).code, 'MISSING_CREDENTIALS');
          client.signsIn(user);
          assert.equal((await client.next('authenticated')).userId, user);
          assert.equal(client.has('disconnect'), false);
        });
      });
    }
  }
});
