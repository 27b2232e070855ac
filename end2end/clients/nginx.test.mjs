// Everything behind nginx, with the configuration of docs/nginx.conf; and what has to work behind an nginx with nothing
// but `proxy_pass`.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import { opener, versions, ways } from '../support/client.js';
import { Nginx } from '../support/nginx.js';
import { deliver, register, transaction } from '../support/provider.js';
import { Server } from '../support/server.js';
import { standardWebhook, token } from '../support/signing.js';
import { eventually, within } from '../support/wait.js';
import { besidesEpoch } from '../support/epoch.js';

const LIMIT = 5;

let server;
let documented;
let bare;
before(async () => {
  server = await Server.start({
    TRUSTED_PROXIES: '127.0.0.1',
    API_RATE_LIMIT_PER_ADDRESS: String(LIMIT),
    MAX_WEBSOCKET_CONNECTIONS_PER_USER: '2',
  });
  [documented, bare] = await Promise.all([Nginx.documented(server), Nginx.bare(server)]);
});
after(async () => {
  await Promise.all([documented?.stop(), bare?.stop()]);
  await server?.stop();
});

let users = 0;
const newUser = () => `user-${(users += 1)}`;
const bearer = (user) => ({ authorization: `Bearer ${token(user)}` });

/** A stream of Server-Sent Events, block by block. */
async function events(t, front, headers) {
  const leaving = new AbortController();
  t.after(() => leaving.abort());
  const response = await within(fetch(`${front.url}/api/events`, { headers, signal: leaving.signal }), 'headers', 5_000);
  assert.equal(response.status, 200);
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let text = '';
  const read = async () => {
    while (!text.includes('\n\n')) {
      const { value, done } = await reader.read();
      if (done) throw new Error('the stream has ended');
      text += value;
    }
    const end = text.indexOf('\n\n');
    const block = text.slice(0, end);
    text = text.slice(end + 2);
    return block;
  };
  return { headers: response.headers, block: () => within(read(), 'block', 5_000), leave: () => leaving.abort() };
}

describe('behind nginx as it is documented', () => {
  test('webhooks are taken as they were signed, and too large ones are refused by the server', async () => {
    const user = newUser();
    const connection = await register(documented, user);
    assert.equal((await deliver(documented, transaction(connection, { description: 'CAFÉ  \u2028 \\u0041' }))).success, true);
    assert.equal((await deliver(documented, transaction(connection), { signing: 'guide' })).success, true);
    const large = JSON.stringify(transaction(connection, { description: 'x'.repeat(1024 * 1024) }));
    const headers = { 'content-type': 'application/json', ...standardWebhook(large) };
    const response = await fetch(`${documented.url}/api/connectors/basiq/webhook`, { method: 'POST', headers, body: large });
    assert.equal(response.status, 413);
    assert.equal((await response.json()).code, 'PAYLOAD_TOO_LARGE');
    const { transactions } = await (await fetch(`${documented.url}/api/transactions`, { headers: bearer(user) })).json();
    assert.equal(transactions.length, 2);
  });

  for (const version of versions) {
    for (const [way, transports] of Object.entries(ways)) {
      test(`socket.io-client ${version}, ${way}, signs in and receives`, async (t) => {
        const user = newUser();
        const connection = await register(documented, user);
        const client = opener(t, documented)({ version, transports }).signsIn(user);
        assert.deepEqual(besidesEpoch(await client.next('authenticated')), { userId: user, seq: 1 });
        if (transports.length > 1) await client.upgraded();
        assert.equal(client.transport, transports.at(-1));
        await deliver(documented, transaction(connection, { amount: '-50.10' }));
        assert.equal((await client.next('transaction:new')).transaction.amount, -50.1);
      });
    }
  }

  test('a polling client that has gone frees its place', async (t) => {
    const user = newUser();
    const path = `${documented.url}/socket.io/?EIO=4&transport=polling`;
    const open = async () => {
      const { sid } = JSON.parse((await (await fetch(path)).text()).slice(1));
      const session = `${path}&sid=${sid}`;
      await fetch(session, { method: 'POST', body: `40${JSON.stringify({ token: token(user) })}` });
      for (let text = ''; !text.includes('authenticated'); ) text += await (await fetch(session)).text();
      return session;
    };
    const sessions = [await open(), await open()];
    const leaving = new AbortController();
    const polls = sessions.map((session) => fetch(session, { signal: leaving.signal }).catch(() => {}));
    const refused = opener(t, documented)({ reconnection: false }).signsIn(user);
    assert.equal((await refused.next('error')).code, 'CONNECTION_LIMIT');
    leaving.abort();
    await Promise.all(polls);
    const letIn = async () => (await opener(t, documented)({ reconnection: false }).ask('authenticate', { userId: user, token: token(user) })).ok;
    await eventually(letIn, 'a place is free');
  });

  test('somebody signs in, is known by the cookie, and signs out', async (t) => {
    const user = newUser();
    const [email, password] = [`${user}@example.com`, 'correct horse battery'];
    await server.addUser({ userId: user, email, password, name: 'Ada' });
    const session = (origin, body) => fetch(`${documented.url}/api/session`, { method: 'POST', headers: { origin, 'content-type': 'application/json' }, body: JSON.stringify(body) });
    assert.equal((await session('https://evil.example', { email, password })).status, 403);
    const response = await session(documented.url, { email, password });
    assert.equal(response.status, 200);
    const cookie = response.headers.getSetCookie()[0].split(';')[0];
    assert.equal((await fetch(`${documented.url}/api/accounts`, { headers: { cookie } })).status, 200);
    for (const transport of ['polling', 'websocket']) {
      const client = opener(t, documented)({ transports: [transport], reconnection: false, extraHeaders: { origin: documented.url, cookie } });
      assert.equal((await client.next('authenticated')).userId, user);
      const foreign = opener(t, documented)({ transports: [transport], reconnection: false, extraHeaders: { origin: 'https://evil.example', cookie } });
      await foreign.next('connect_error');
    }
    const ended = await fetch(`${documented.url}/api/session`, { method: 'DELETE', headers: { origin: documented.url, cookie } });
    assert.equal(ended.status, 204);
    assert.equal((await fetch(`${documented.url}/api/accounts`, { headers: { cookie } })).status, 401);
  });

  test('pages and files are the server\'s own', async () => {
    for (const path of ['/', '/sign-in', '/favicon.svg', '/pkg/tallywire.css', '/no/such/page']) {
      const ask = async ({ url }) => {
        const response = await fetch(`${url}${path}`, { headers: { accept: 'text/html' }, redirect: 'manual' });
        const { status, headers } = response;
        return { status, type: headers.get('content-type'), location: headers.get('location'), length: (await response.text()).length };
      };
      assert.deepEqual(await ask(documented), await ask(server), path);
    }
  });

  test('limits count the address that the last trusted proxy saw, whatever stands before it', async () => {
    const ask = (forwarded) => fetch(`${documented.url}/api/connectors`, { headers: { 'x-forwarded-for': forwarded } }).then(({ status }) => status);
    // nginx appends this machine's address, which is trusted: the address before it is the caller's.
    for (let call = 0; call < LIMIT; call += 1) assert.equal(await ask(`198.51.100.${call}, 203.0.113.7`), 200);
    assert.equal(await ask('198.51.100.99, 203.0.113.7'), 429);
    assert.equal(await ask('203.0.113.8'), 200);
  });
});

for (const [name, front] of [['as it is documented', () => documented], ['as it comes', () => bare]]) {
  describe(`Server-Sent Events behind nginx ${name}`, () => {
    test('begin at once, bring what happens as it happens, and resume', async (t) => {
      const user = newUser();
      const connection = await register(server, user);
      const stream = await events(t, front(), bearer(user));
      assert.equal(await stream.block(), ': the newest event is 1\nid: 1');
      await deliver(server, transaction(connection));
      assert.match(await stream.block(), /^event: transaction:new\nid: 2\ndata: /);
      stream.leave();
      await deliver(server, transaction(connection));
      const again = await events(t, front(), { ...bearer(user), 'last-event-id': '2' });
      assert.equal(await again.block(), ': the newest event is 3');
      assert.match(await again.block(), /^event: transaction:new\nid: 3\ndata: .*"source":"replay"/);
    });
  });
}

test('behind nginx as it comes, clients poll, and move to a WebSocket never', async (t) => {
  const user = newUser();
  const connection = await register(bare, user);
  const client = opener(t, bare)({ transports: ['polling', 'websocket'] }).signsIn(user);
  await client.next('authenticated');
  await deliver(bare, transaction(connection));
  await client.next('transaction:new');
  assert.equal(client.transport, 'polling');
});
