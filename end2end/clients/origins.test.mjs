// The origins whose pages may connect, and those where the cookie counts.

import assert from 'node:assert/strict';
import { request } from 'node:http';
import { after, before, describe, test } from 'node:test';

import { opener } from '../support/client.js';
import { deliver, register, transaction } from '../support/provider.js';
import { Server } from '../support/server.js';
import { token } from '../support/signing.js';

const front = 'https://front.example';
const foreign = 'https://front.example.evil.example';
const polling = '/socket.io/?EIO=4&transport=polling';

let server;
before(async () => (server = await Server.start({ FRONTEND_URL: `${front}, http://localhost:3000` })));
after(() => server.stop());

/** A plain request with arbitrary headers. */
function ask(path, { method = 'GET', ...headers } = {}) {
  return new Promise((resolve, reject) => {
    const asked = request(`${server.url}${path}`, { method, headers }, (response) => {
      let body = '';
      response.on('data', (data) => (body += data));
      response.on('end', () => resolve({ status: response.statusCode, headers: response.headers, body }));
    });
    asked.on('error', reject).end();
  });
}

async function sessionCookie(userId) {
  const response = await fetch(`${server.url}/api/session`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ token: token(userId) }),
  });
  assert.equal(response.status, 200);
  return response.headers.getSetCookie()[0].split(';')[0];
}

test('a configured page may read the answers of its polling, with credentials', async () => {
  for (const origin of [front, 'http://localhost:3000']) {
    const { status, headers } = await ask(polling, { origin });
    assert.equal(status, 200);
    assert.equal(headers['access-control-allow-origin'], origin);
    assert.equal(headers['access-control-allow-credentials'], 'true');
    assert.match(headers.vary ?? '', /origin/i);
  }
});

test('a configured page\'s preflight is answered', async () => {
  const { status, headers } = await ask(polling, {
    method: 'OPTIONS',
    origin: front,
    'access-control-request-method': 'POST',
    'access-control-request-headers': 'content-type',
  });
  assert.ok(status === 200 || status === 204, String(status));
  assert.equal(headers['access-control-allow-origin'], front);
  assert.equal(headers['access-control-allow-credentials'], 'true');
  assert.match(headers['access-control-allow-methods'], /POST/);
  assert.match(headers['access-control-allow-headers'], /content-type/i);
});

test('a foreign page\'s polling is refused and its preflight allows nothing', async () => {
  for (const origin of [foreign, 'null', 'http://front.example', 'http://127.0.0.1:1']) {
    const { status, headers, body } = await ask(polling, { origin });
    assert.equal(status, 403, origin);
    assert.equal(JSON.parse(body).code, 'ORIGIN_NOT_ALLOWED');
    assert.equal(headers['access-control-allow-origin'], undefined);
    const preflight = await ask(polling, { method: 'OPTIONS', origin, 'access-control-request-method': 'POST' });
    assert.equal(preflight.headers['access-control-allow-origin'], undefined);
  }
});

test('the HTTP API lets configured pages read it, and no others', async () => {
  const authorization = `Bearer ${token('alice')}`;
  const allowed = await ask('/api/transactions', { origin: front, authorization });
  assert.equal(allowed.status, 200);
  assert.equal(allowed.headers['access-control-allow-origin'], front);
  assert.equal(allowed.headers['access-control-allow-credentials'], 'true');
  const refused = await ask('/api/transactions', { origin: foreign, authorization });
  assert.equal(refused.headers['access-control-allow-origin'], undefined);
});

for (const transport of ['polling', 'websocket']) {
  describe(`over ${transport}`, () => {
    const from = (origin, headers = {}) => ({ transports: [transport], reconnection: false, extraHeaders: { origin, ...headers } });

    test('a configured page\'s client signs in and receives', async (t) => {
      const user = `configured-${transport}`;
      const connection = await register(server, user);
      const client = opener(t, server)(from(front)).signsIn(user);
      await client.next('authenticated');
      await deliver(server, transaction(connection));
      await client.next('transaction:new');
    });

    test('a foreign page\'s client does not connect', async (t) => {
      const client = opener(t, server)(from(foreign));
      await client.next('connect_error');
      assert.equal(client.has('connect'), false);
    });

    test('the dashboard\'s cookie signs in a client of the server\'s own origin', async (t) => {
      const cookie = await sessionCookie('dana');
      const client = opener(t, server)(from(server.url, { cookie }));
      assert.equal((await client.next('authenticated')).userId, 'dana');
    });

    test('the dashboard\'s cookie signs in nobody from another origin, even a configured one', async (t) => {
      const cookie = await sessionCookie('dana');
      const client = opener(t, server)(from(front, { cookie }));
      assert.equal((await client.ask('authenticate', 'dana')).code, 'MISSING_CREDENTIALS');
      assert.equal(client.has('authenticated'), false);
    });

    test('a cookie of a session that was ended signs in nobody', async (t) => {
      const cookie = await sessionCookie('erin');
      const ended = await ask('/api/session', { method: 'DELETE', origin: server.url, cookie });
      assert.equal(ended.status, 204);
      const client = opener(t, server)(from(server.url, { cookie }));
      assert.equal((await client.next('error')).code, 'INVALID_TOKEN');
      assert.equal(client.has('authenticated'), false);
    });
  });
}
