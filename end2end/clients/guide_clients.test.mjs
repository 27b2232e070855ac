// The programs of the real-time guide, run unchanged against a server.

import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { pathToFileURL } from 'node:url';

import { program, running, workspace } from '../support/guide.js';
import { python } from '../support/places.js';
import { deliver, register, transaction } from '../support/provider.js';
import { Server } from '../support/server.js';
import { token } from '../support/signing.js';
import { eventually } from '../support/wait.js';

const place = workspace();
const { follow } = await import(pathToFileURL(join(place, 'follow.mjs')));

let server;
before(async () => (server = await Server.start()));
after(() => server.stop());

/** A program of the guide with its variables. */
function start(t, user, command, args, environment = {}) {
  const env = { TALLYWIRE_URL: server.url, TALLYWIRE_USER: user, TALLYWIRE_TOKEN: token(user), ...environment };
  return running(t, command, args, { cwd: place, env });
}

const contains = (output, text) => eventually(() => output().includes(text), () => `${text} in ${output()}`);

test('the first JavaScript client signs in and prints a transaction', async (t) => {
  const connection = await register(server, 'guide-first');
  const { output } = start(t, 'guide-first', process.execPath, ['first.mjs']);
  await contains(output, 'signed in; the newest event is 1');
  await deliver(server, transaction(connection, { amount: '-50.10', transactionDate: '2026-11-20T08:30:00Z' }));
  await contains(output, '2026-11-20T08:30:00Z CORNER ESPRESSO -50.1');
});

test('the first JavaScript client prints why it is refused', async (t) => {
  const { output } = start(t, 'guide-refused', process.execPath, ['first.mjs'], { TALLYWIRE_TOKEN: 'no.token.here' });
  await contains(output, 'INVALID_TOKEN Invalid or expired token');
});

test('the Python client prints transactions, and what it missed while the server was away', async (t) => {
  const own = await Server.start();
  t.after(() => own.stop());
  const connection = await register(own, 'guide-python');
  const { output } = start(t, 'guide-python', python(), ['listen.py'], { TALLYWIRE_URL: own.url });
  await contains(output, 'signed in; the newest event is 1');
  await deliver(own, transaction(connection, { amount: '-3.25', description: 'FIRST' }));
  await contains(output, 'transaction:new FIRST -3.25');
  await own.restart();
  await deliver(own, transaction(connection, { amount: '7.10', description: 'SECOND' }));
  await contains(output, 'transaction:new SECOND 7.1');
  assert.equal(output().split('FIRST').length, 2, output());
});

test('the Python client says what to do when it is ahead of the server', async (t) => {
  await register(server, 'guide-python-ahead');
  writeFileSync(join(place, 'ahead.py'), program('listen.py').replace('newest = None', 'newest = 99'));
  const { output } = start(t, 'guide-python-ahead', python(), ['ahead.py']);
  await contains(output, 'load everything again over HTTP: ahead');
});

test('curl prints the stream, and resumes it from the last id', async (t) => {
  const connection = await register(server, 'guide-curl');
  const { output } = start(t, 'guide-curl', 'bash', ['events.sh']);
  await contains(output, 'the newest event is');
  await deliver(server, transaction(connection, { amount: '-1.05', description: 'STREAMED' }));
  await contains(output, 'STREAMED');
  assert.match(output(), /^event: ?transaction:new$/m);
  const [, first] = output().match(/^id: ?(\S+:1)$/m);
  const resumed = start(t, 'guide-curl', 'bash', ['events-resume.sh'], { LAST_EVENT_ID: first });
  await contains(resumed.output, 'STREAMED');
  assert.match(resumed.output(), /"source":"replay"/);
});

/** Follows with the guide's client; returns what the client reported. */
function following(t, url, options) {
  const told = { events: [], errors: [], reloads: 0 };
  const feed = follow(url, {
    onEvent: (name, payload) => told.events.push([payload.seq, name, payload.transaction?.description]),
    onReload: () => (told.reloads += 1),
    onError: ({ code }) => told.errors.push(code),
    ...options,
  });
  t.after(() => feed.close());
  return { ...feed, told };
}

test('the JavaScript client that resumes has each event once, over a server that was killed', async (t) => {
  const own = await Server.start();
  t.after(() => own.stop());
  const connection = await register(own, 'guide-follow');
  const { socket, told } = following(t, own.url, { getToken: async () => token('guide-follow'), since: 0 });
  let signIns = 0;
  socket.on('authenticated', () => (signIns += 1));
  await eventually(() => told.events.length === 1, 'the registration, which came before it connected');
  await deliver(own, transaction(connection, { description: 'ONE' }));
  await eventually(() => told.events.length === 2, 'the first transaction');
  // At the first reconnect it is signed in, and cut off again before it receives the missed event.
  socket.once('authenticated', () => socket.io.engine.close());
  await own.restart();
  await deliver(own, transaction(connection, { description: 'TWO' }));
  await eventually(() => told.events.length === 3, () => `the second after ${JSON.stringify(told)}`, 30_000);
  // The second event may arrive right before the cut, with the answer to the sign-in.
  await eventually(() => signIns === 3, () => `the sign-in after the cut, ${signIns} so far`);
  assert.deepEqual(told.events, [[1, 'connection:updated', undefined], [2, 'transaction:new', 'ONE'], [3, 'transaction:new', 'TWO']]);
  assert.deepEqual([told.reloads, told.errors, socket.connected], [0, [], true]);
});

test('the JavaScript client that resumes asks for another token when one is refused', async (t) => {
  const connection = await register(server, 'guide-token');
  const tokens = ['no.token.here', token('guide-token')];
  const { told } = following(t, server.url, { getToken: async () => tokens.shift(), since: 1 });
  await eventually(() => told.errors.length === 1, 'the refusal');
  await deliver(server, transaction(connection, { description: 'LATER' }));
  await eventually(() => told.events.length === 1, () => JSON.stringify(told));
  assert.deepEqual(told.errors, ['INVALID_TOKEN']);
});

test('the JavaScript client that resumes is told to load everything again, and goes on from there', async (t) => {
  const connection = await register(server, 'guide-ahead');
  const { told } = following(t, server.url, { getToken: async () => token('guide-ahead'), since: 99 });
  await eventually(() => told.reloads === 1, 'it is told');
  await deliver(server, transaction(connection, { description: 'NEXT' }));
  await eventually(() => told.events.length === 1, () => JSON.stringify(told));
  const other = following(t, server.url, { getToken: async () => token('guide-ahead'), since: 1, epoch: 'another' });
  await eventually(() => other.told.reloads === 1, 'the epoch is another one');
});

test('a poll lists what has changed since an event', async (t) => {
  const connection = await register(server, 'guide-poll');
  await deliver(server, transaction(connection, { description: 'EARLIER' }));
  await deliver(server, transaction(connection, { description: 'SINCE' }));
  const { output, child } = start(t, 'guide-poll', 'bash', ['poll.sh'], { SINCE: '2' });
  await eventually(() => child.exitCode !== null, 'it ends');
  assert.deepEqual(JSON.parse(output()).transactions.map(({ description }) => description), ['SINCE']);
});
