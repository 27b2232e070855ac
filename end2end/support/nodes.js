// The guarantees of two nodes on one PostgreSQL database, behind any load balancer.
// Owns the tests. Must not know which load balancer it is.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import { from, status } from './address.js';
import { opener, versions, ways } from './client.js';
import { Postgres } from './postgres.js';
import { deliver, register, transaction } from './provider.js';
import { Server } from './server.js';
import { secrets, token } from './signing.js';
import { eventually } from './wait.js';

/** Addresses that are distributed over both nodes. */
const ADDRESSES = Array.from({ length: 16 }, (_, index) => `127.0.0.${10 + index}`);
const LIMIT = 5;

let users = 0;
const newUser = () => `user-${(users += 1)}`;

/** How many sockets a node has. */
async function sockets(node) {
  const response = await fetch(`${node.url}/metrics`, { headers: { 'x-service-secret': secrets.service } });
  return Number(/^tallywire_sockets (\d+)$/m.exec(await response.text())[1]);
}

/** A client at an address that resumes from its newest event. */
function resuming(t, front, user, address, options) {
  let newest;
  const auth = (send) => send({ token: token(user), ...(newest && { since: newest }) });
  const client = opener(t, front)({ auth, agent: from(address), ...options });
  client.socket.on('authenticated', ({ seq }) => (newest ??= seq));
  for (const name of ['transaction:new', 'connection:updated']) client.socket.on(name, ({ seq }) => (newest = seq));
  return client;
}

const received = (client) => client.feed.map(({ payload }) => payload.seq);

/** Runs the tests through a load balancer, which `start` puts in front of the given nodes. */
export function testBehind(name, start) {
  describe(`two nodes behind ${name}`, () => {
    let postgres;
    let nodes;
    let front;
    before(async () => {
      postgres = await Postgres.start();
      const settings = {
        DATABASE_URL: postgres.url,
        TRUSTED_PROXIES: '127.0.0.1',
        API_RATE_LIMIT_PER_ADDRESS: String(LIMIT),
        MAX_WEBSOCKET_CONNECTIONS_PER_USER: '1000',
      };
      nodes = await Promise.all([Server.start(settings), Server.start(settings)]);
      front = await start(nodes);
    });
    after(async () => {
      await front?.stop();
      await Promise.all(nodes?.map((node) => node.stop()) ?? []);
      await postgres?.stop();
    });

    for (const version of versions) {
      for (const [way, transports] of Object.entries(ways)) {
        test(`socket.io-client ${version}, ${way}, receives from every address what comes in at either node`, async (t) => {
          const user = newUser();
          const connection = await register(front, user);
          const clients = ADDRESSES.slice(0, 4).map((address) => opener(t, front)({ version, transports, agent: from(address) }).signsIn(user));
          for (const client of clients) assert.equal((await client.next('authenticated')).seq, 1);
          if (transports.length > 1) for (const client of clients) await client.upgraded();
          for (const node of nodes) await deliver(node, transaction(connection, { amount: '-50.10' }));
          for (const client of clients) {
            assert.equal((await client.next('transaction:new')).seq, 2);
            assert.equal((await client.next('transaction:new')).seq, 3);
            assert.equal(client.transport, transports.at(-1));
            assert.equal(client.has('disconnect'), false);
          }
        });
      }
    }

    test('each node has a part of the clients', async (t) => {
      const user = newUser();
      const before = await Promise.all(nodes.map(sockets));
      const clients = ADDRESSES.map((address) => opener(t, front)({ agent: from(address) }).signsIn(user));
      for (const client of clients) await client.next('authenticated');
      await eventually(async () => (await Promise.all(nodes.map(sockets))).every((count, index) => count > before[index]), 'both have more');
    });

    test('a node sees the addresses of clients, which they cannot forge', async () => {
      // Addresses of the machine itself have no limit. 127.0.0.1 is a trusted proxy, which may name another address.
      const ask = (from, named) => status(`${front.url}/api/connectors`, from, { 'x-forwarded-for': named });
      const client = '198.51.100.7';
      for (let call = 0; call < LIMIT; call += 1) assert.equal(await ask('127.0.0.1', client), 200);
      assert.equal(await ask('127.0.0.1', client), 429);
      assert.equal(await ask('127.0.0.1', '203.0.113.7'), 200, 'another client');
      assert.equal(await ask('127.0.1.1', client), 200, 'a client that pretends to be the limited one');
    });

    test('a reload ends no WebSocket, and polling goes on', async (t) => {
      const user = newUser();
      const connection = await register(front, user);
      const clients = Object.values(ways).map((transports, index) => resuming(t, front, user, ADDRESSES[index], { transports }));
      for (const client of clients) await client.next('authenticated');
      await Promise.all(clients.map((client) => client.socket.io.opts.transports.length > 1 && client.upgraded()));
      await front.reload();
      await deliver(front, transaction(connection));
      // A client whose connection was closed while it sent its next request receives nothing for 45 s, and then
      // resumes.
      for (const client of clients) assert.equal((await client.next('transaction:new', 60_000)).seq, 2);
      for (const client of clients.filter(({ transport }) => transport === 'websocket')) assert.equal(client.has('disconnect'), false);
      const later = resuming(t, front, user, ADDRESSES[5]);
      assert.equal((await later.next('authenticated', 60_000)).seq, 2);
    });

    test('clients of a node that was killed resume at the other one without a gap, and new ones come to it again', async (t) => {
      // A proxy's former workers accept connections until they learn of the earlier reload, and close idle ones.
      await new Promise((done) => setTimeout(done, 3_000));
      const user = newUser();
      const connection = await register(front, user);
      const clients = ADDRESSES.map((address, index) => resuming(t, front, user, address, { transports: Object.values(ways)[index % 3] }));
      // A client that was cut off anyway retries after 45 s without a message.
      for (const client of clients) await client.next('authenticated', 60_000);
      await deliver(front, transaction(connection));
      for (const client of clients) assert.equal((await client.next('transaction:new')).seq, 2);

      await nodes[0].kill();
      for (let count = 0; count < 5; count += 1) await deliver(nodes[1], transaction(connection));
      for (const client of clients) for (let seq = 3; seq <= 7; seq += 1) assert.equal((await client.next('transaction:new', 30_000)).seq, seq);
      const moved = clients.filter((client) => client.has('disconnect'));
      assert.ok(moved.length > 0 && moved.length < clients.length, `${moved.length} of ${clients.length} were at the node`);
      // The running node receives a webhook that arrives at the proxy.
      await deliver(front, transaction(connection));
      for (const client of clients) assert.equal((await client.next('transaction:new')).seq, 8);

      await nodes[0].restart();
      const hasClients = async () => {
        // At addresses that no node has seen: the other ones may stay where they are.
        const newcomers = ADDRESSES.map((address) => address.replace('127.0.0.', '127.0.2.')).map((address) => opener(t, front)({ agent: from(address), reconnection: false }).signsIn(user));
        for (const newcomer of newcomers) await newcomer.next('authenticated');
        const count = await sockets(nodes[0]);
        newcomers.forEach((newcomer) => newcomer.close());
        return count > 0;
      };
      await eventually(hasClients, 'the node has clients again', 40_000);
      await deliver(nodes[0], transaction(connection));
      for (const client of clients) assert.equal((await client.next('transaction:new', 30_000)).seq, 9);
      for (const client of clients) assert.deepEqual(received(client), [2, 3, 4, 5, 6, 7, 8, 9], 'each once, in order');
    });
  });
}
