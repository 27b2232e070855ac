// Clients that are refused or disconnected, and what every official client is told.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import { opener, versions } from '../support/client.js';
import { deliver, register, transaction } from '../support/provider.js';
import { Server } from '../support/server.js';
import { token } from '../support/signing.js';
import { eventually } from '../support/wait.js';

let server;
let hasty;
before(async () => ([server, hasty] = await Promise.all([Server.start(), Server.start({ AUTH_TIMEOUT_SECONDS: '1' })])));
after(() => Promise.all([server.stop(), hasty.stop()]));

describe('what a client is told', { concurrency: true }, () => {
  for (const version of versions) {
    describe(`socket.io-client ${version}`, { concurrency: true }, () => {
      test('is told in the original\'s words what is wrong with how it signs in, and may try again', async (t) => {
        const client = opener(t, server)({ version });
        const good = token('alice');
        const attempts = [
          [{ userId: 'alice', token: `${good.slice(0, -4)}AAAA` }, 'Invalid or expired token', 'INVALID_TOKEN'],
          [{ userId: 'alice', token: token('alice', { secret: 'another-secret-altogether' }) }, 'Invalid or expired token', 'INVALID_TOKEN'],
          [{ userId: 'alice', token: token('alice', { seconds: -60 }) }, 'Invalid or expired token', 'INVALID_TOKEN'],
          [{ userId: 'alice' }, 'User ID and token required', 'MISSING_CREDENTIALS'],
          [{ token: good }, 'User ID and token required', 'MISSING_CREDENTIALS'],
          [undefined, 'User ID and token required', 'MISSING_CREDENTIALS'],
          [{ userId: 'bob', token: good }, 'User ID mismatch', 'USER_MISMATCH'],
        ];
        for (const [payload, message, code] of attempts) {
          client.emit('authenticate', payload);
          assert.deepEqual(await client.next('error'), { message, code });
        }
        assert.equal(client.has('authenticated'), false);
        client.emit('authenticate', { userId: 'alice', token: good });
        assert.equal((await client.next('authenticated')).userId, 'alice');
      });

      test('is turned away as the user\'s eleventh socket, and let in when another has gone', async (t) => {
        const open = opener(t, server);
        const user = `crowd-${version}`;
        const crowd = Array.from({ length: 10 }, () => open({ version }).signsIn(user));
        for (const client of crowd) await client.next('authenticated');
        const eleventh = open({ version, reconnection: false }).signsIn(user);
        assert.deepEqual(await eleventh.next('error'), { message: 'Connection limit reached', code: 'CONNECTION_LIMIT', limit: 10 });
        await eleventh.next('disconnect');
        assert.equal(eleventh.has('authenticated'), false);

        crowd[0].close();
        const letIn = async () => {
          const client = open({ version, reconnection: false });
          const { ok } = await client.ask('authenticate', { userId: user, token: token(user) });
          return ok;
        };
        await eventually(letIn, 'another socket is let in');
      });

      test('is disconnected when it does not sign in in time', async (t) => {
        const client = opener(t, hasty)({ version, reconnection: false });
        assert.deepEqual(await client.next('error'), { message: 'Authentication timeout', code: 'AUTH_TIMEOUT' });
        await client.next('disconnect');
      });

      test('is disconnected when its token expires, unless a newer one came before', async (t) => {
        const open = opener(t, server);
        // Five seconds of leeway for clocks that differ.
        const short = { seconds: 2 };
        const [left, stayed] = [open({ version, reconnection: false }), open({ version, reconnection: false })];
        const started = Date.now();
        for (const client of [left, stayed]) {
          client.signsIn('carol', short);
          await client.next('authenticated');
        }
        stayed.emit('authenticate', { userId: 'carol', token: token('carol') });
        await stayed.next('authenticated');
        assert.deepEqual(await left.next('error'), { message: 'Token expired', code: 'TOKEN_EXPIRED' });
        await left.next('disconnect');
        assert.ok(Date.now() - started >= 2_000, 'not before it expires');
        assert.deepEqual(await stayed.ask('authenticate', 'carol'), { ok: true, userId: 'carol', seq: 0 });
      });

      test('never gets what is another user\'s, nor anything before it signs in', async (t) => {
        const [alice, bob] = [`alice-${version}`, `bob-${version}`];
        const [hers, his] = [await register(server, alice), await register(server, bob)];
        const open = opener(t, server);
        const [client, stranger] = [open({ version }).signsIn(alice), open({ version })];
        await client.next('authenticated');
        await stranger.next('connect');
        // Her event comes last: if his had been sent to her, it would have arrived by then.
        await deliver(server, transaction(his, { id: 'his' }));
        await deliver(server, transaction(hers, { id: 'hers' }));
        assert.equal((await client.next('transaction:new')).transaction.transactionId, 'hers');
        assert.deepEqual(client.feed.map(({ payload }) => payload.transaction.userId), [alice]);
        // An answer to the stranger proves that nothing else was in flight.
        assert.equal((await stranger.ask('authenticate', { userId: alice })).code, 'MISSING_CREDENTIALS');
        assert.deepEqual(stranger.feed, []);
      });
    });
  }
});
