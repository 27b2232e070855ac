// The official Python client receives its user's transactions.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';

import { python } from '../support/places.js';
import { deliver, register, transaction } from '../support/provider.js';
import { Server } from '../support/server.js';
import { token } from '../support/signing.js';
import { eventually } from '../support/wait.js';
import { besidesEpoch } from '../support/epoch.js';

const script = fileURLToPath(new URL('python_client.py', import.meta.url));

let server;
before(async () => (server = await Server.start()));
after(() => server.stop());

for (const transport of ['polling', 'websocket']) {
  for (const way of ['authenticate', 'handshake']) {
    test(`python-socketio over ${transport} signs in by ${way} and receives`, async (t) => {
      const user = `python-${transport}-${way}`;
      const connection = await register(server, user);
      const child = spawn(python(), [script, server.url, transport, user, token(user), way]);
      t.after(() => child.kill('SIGKILL'));
      const ended = once(child, 'close');
      let output = '';
      let errors = '';
      child.stdout.on('data', (data) => (output += data));
      child.stderr.on('data', (data) => (errors += data));
      const told = () => Object.fromEntries(output.split('\n').filter(Boolean).map((line) => JSON.parse(line)).map(({ name, payload }) => [name, payload]));

      const isIn = () => child.exitCode !== null || (output.includes('"authenticated"') && output.includes('"pong"'));
      await eventually(isIn, () => `it signs in: ${output}${errors}`);
      await deliver(server, transaction(connection, { id: 'tx-1', amount: '-50.10' }));
      const [code] = await ended;
      assert.equal(code, 0, errors);

      const events = told();
      assert.deepEqual(besidesEpoch(events.authenticated), { userId: user, seq: 1 });
      if (way === 'authenticate') assert.deepEqual(events.acknowledged, { ok: true, userId: user, seq: 1 });
      assert.equal(events.error, undefined);
      const { seq, source, transaction: received } = events['transaction:new'];
      assert.deepEqual([seq, source, received.transactionId, received.amount], [2, 'realtime', 'tx-1', -50.1]);
    });
  }
}
