// The README's clients do what the README says.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, describe, test } from 'node:test';

import { io as io31 } from 'socket.io-client-3.1';
import { io as io45 } from 'socket.io-client-4.5';
import { io as io48 } from 'socket.io-client-4.8';

import { deliver, register, transaction } from '../support/provider.js';
import { Server } from '../support/server.js';
import { token } from '../support/signing.js';
import { eventually } from '../support/wait.js';

const readme = readFileSync(new URL('../../README.md', import.meta.url), 'utf8');
const snippets = [...readme.matchAll(/^```js\n(.*?)^```$/gms)].map(([, code]) => code).filter((code) => code.includes('socket.io-client'));
const libraries = { 3.1: io31, 4.5: io45, 4.8: io48 };

let server;
before(async () => (server = await Server.start()));
after(() => server.stop());

/** Runs a snippet unchanged except for the server's address; returns its log and its socket. */
function run(t, snippet, { io, user }) {
  const logged = [];
  let reloads = 0;
  const code = snippet.replace(/^import .*$/m, '').replace('http://localhost:3003', server.url);
  const names = ['io', 'token', 'console', 'reload', `${code.replaceAll('user-1', user)}\nreturn socket;`];
  const socket = new Function(...names)(io, token(user), { log: (...words) => logged.push(words), error: (...words) => logged.push(words) }, () => (reloads += 1));
  t.after(() => socket.close());
  return { socket, logged, reloads: () => reloads };
}

test('the README has a client that sends `authenticate`, and one that resumes', () => {
  assert.equal(snippets.length, 2);
});

for (const [version, io] of Object.entries(libraries)) {
  describe(`socket.io-client ${version}`, () => {
    test('the first client signs in and is told', async (t) => {
      const user = `readme-first-${version}`;
      const connection = await register(server, user);
      const { logged } = run(t, snippets[0], { io, user });
      await eventually(() => logged.length === 1, 'it is live');
      await deliver(server, transaction(connection, { amount: '-50.10' }));
      await eventually(() => logged.length === 2, () => `a transaction after ${JSON.stringify(logged)}`);
      assert.deepEqual(logged, [['live; newest event is', 1], [2, 'CORNER ESPRESSO', -50.1]]);
    });

    test('the second client gets everything once, over two reconnects', async (t) => {
      const user = `readme-second-${version}`;
      const connection = await register(server, user);
      const { socket, logged, reloads } = run(t, snippets[1], { io, user });
      let signedIn = 0;
      socket.on('authenticated', () => (signedIn += 1));
      await eventually(() => signedIn === 1, 'it is signed in');
      await deliver(server, transaction(connection));
      await eventually(() => logged.length === 1, 'the first');
      for (const reconnect of [1, 2]) {
        // Long enough to miss two more events.
        socket.io.randomizationFactor(0);
        socket.io.reconnectionDelay(3000);
        socket.io.engine.close();
        await eventually(() => !socket.connected, 'the connection is lost');
        await deliver(server, transaction(connection));
        await deliver(server, transaction(connection));
        assert.equal(socket.connected, false, 'it is still away');
        await eventually(() => signedIn === 1 + reconnect, 'it is signed in again');
        await deliver(server, transaction(connection));
        await eventually(() => logged.at(-1)[0] === 2 + 3 * reconnect, () => `the newest after ${JSON.stringify(logged)}`);
      }
      assert.deepEqual(logged.map(([seq]) => seq), [2, 3, 4, 5, 6, 7, 8]);
      assert.equal(reloads(), 0);
    });

    test('the second client is asked to reload when what it missed is no longer there', async (t) => {
      const user = `readme-reload-${version}`;
      await register(server, user);
      const { socket, reloads } = run(t, snippets[1].replace('let newest;', 'let newest = 99;'), { io, user });
      await eventually(() => reloads() === 1, 'it reloads');
      let signedIn = false;
      socket.on('authenticated', () => (signedIn = true));
      socket.io.reconnectionDelay(10);
      socket.io.engine.close();
      await eventually(() => signedIn, 'it is signed in again');
      assert.equal((await ask(socket)).ok, true);
      assert.equal(reloads(), 1, 'it goes on from the number that it was given');
    });
  });
}

/** An answer that arrives after everything already in flight. */
function ask(socket) {
  return new Promise((resolve) => socket.emit('authenticate', {}, resolve));
}
