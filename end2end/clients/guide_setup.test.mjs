// The commands of the setup guide, run in an empty folder, up to a first transaction with each provider.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';

import { guides, running } from '../support/guide.js';
import { serverBinary, siteFolder } from '../support/places.js';
import { freePort } from '../support/server.js';
import { blocks, script } from '../support/shell.js';
import { keys, stub } from '../support/stubs.js';
import { eventually } from '../support/wait.js';

const { text } = guides.find(({ name }) => name === 'setup.md');

/** The blocks for Up with a webhook. */
const up = ['up', 'up-webhook', 'up-register', 'up-ping'];

/** Runs groups of the guide's blocks to their end; returns their output, including background blocks, line by line. */
async function run(t, groups, options = () => ({})) {
  const folder = mkdtempSync(join(tmpdir(), 'tallywire-setup-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  mkdirSync(join(folder, 'bin'));
  symlinkSync(serverBinary(), join(folder, 'bin', 'tallywire'));
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const { addresses = {}, env = {} } = options(url);
  const file = script(folder, text, groups, { 'http://localhost:3003': url, ...addresses });
  const environment = {
    PATH: `${join(folder, 'bin')}:${process.env.PATH}`,
    CONNECTORS_PORT: String(port),
    TALLYWIRE_SITE: siteFolder(),
    READY: `${url}/health/ready`,
    PUBLIC_URL: url,
    ...env,
  };
  const { output, child } = running(t, 'bash', [file], { cwd: folder, env: environment });
  const logs = () => readdirSync(folder).filter((name) => name.endsWith('.log')).map((name) => readFileSync(join(folder, name), 'utf8'));
  const all = () => [output(), ...logs()].join('\n');
  await eventually(() => child.exitCode !== null, () => `it ends:\n${all()}`, 40_000);
  assert.equal(child.exitCode, 0, all());
  return all().split('\n');
}

const has = (lines, pattern) => assert.ok(lines.some((line) => pattern.test(line)), `${pattern} in\n${lines.join('\n')}`);

test('every block of the guide is run, but for the build', () => {
  const plain = [...text.matchAll(/^ *```sh\n(.*?)^ *```$/gms)].map(([, code]) => code);
  assert.deepEqual(plain.length, 1, plain.join('\n'));
  assert.match(plain[0], /^make build/);
  const groups = new Set(blocks(text).map(({ group }) => group));
  const settings = ['basiq', 'apideck', 'plaid'].flatMap((name) => [name, `${name}-settings`]);
  const run = ['configure', 'simulate', 'schedule', 'serve', 'first', 'check', ...settings, ...up, 'up-without'];
  assert.deepEqual([...groups].sort(), run.sort());
});

test('every command that a guide names is run', () => {
  const all = blocks(text).map(({ code }) => code).join('\n');
  const named = guides.flatMap((guide) => [...guide.text.matchAll(/`(tallywire [^`\n]+)`/g)].map(([, command]) => command));
  // Ids of deliveries differ, and arguments after the command's name may be omitted.
  const known = (command) => all.includes(command.replace(/ \d+$/, ' 2'));
  assert.deepEqual(named.filter((command) => !known(command) && command !== 'tallywire restore'), []);
});

test("from nothing to a pushed transaction, and to a webhook of one's own", async (t) => {
  const lines = await run(t, ['configure', 'serve', 'first']);
  has(lines, /The configuration is valid/);
  has(lines, /\tCoffee\t-4\.50?\tAUD$/);
  has(lines, /"processed": 1/);
  has(lines, /^401$/);
  has(lines, /"configured": true/);
  has(lines, /basiq.*conn-1/);
  has(lines, /^transaction:new .*"description":"Coffee"/);
  has(lines, /^transaction:new .*"description":"Groceries"/);
});

// A server can be built without its simulators.
const skip = spawnSync(serverBinary(), ['simulate', '--help']).status !== 0 && 'this build has no simulators';

test('from nothing to a transaction of a simulated Basiq', { skip }, async (t) => {
  const command = 'tallywire simulate basiq --env sim.env';
  const lines = await run(t, ['simulate', 'check'], (url) => ({ addresses: { [command]: `${command} --webhook-url ${url}` } }));
  has(lines, /^\d{4}-\d\d-\d\dT\S+\t.+\t-?\d+(\.\d+)?\tAUD$/);
});

test('from nothing to a transaction of Basiq', async (t) => {
  const basiq = await stub(t, 'basiq');
  const env = { BASIQ_API_KEY: keys.basiq, BASIQ_WEBHOOK_SECRET: 'whsec_c2VjcmV0LW9mLWEtdGVzdA==', BASIQ_API_URL: basiq.url };
  const addresses = { 'https://au-api.basiq.io': basiq.url };
  const lines = await run(t, ['configure', 'basiq-settings', 'serve', 'basiq', 'check'], () => ({ addresses, env }));
  has(lines, /^https:\/\/connect\.basiq\.io\/b$/);
  has(lines, /\tBASIQ PURCHASE\t-12\.40?\tAUD$/);
  assert.deepEqual(refused(basiq), []);
});

test('from nothing to a transaction of Apideck', async (t) => {
  const apideck = await stub(t, 'apideck');
  const env = { APIDECK_API_KEY: keys.apideck, APIDECK_APP_ID: keys.apideckApp, APIDECK_API_URL: apideck.url };
  const addresses = { 'https://unify.apideck.com': apideck.url };
  const lines = await run(t, ['configure', 'apideck-settings', 'serve', 'apideck', 'check'], () => ({ addresses, env }));
  has(lines, /\tAPIDECK EXPENSE\t-42\.50?\tUSD$/);
  assert.deepEqual(refused(apideck), []);
});

test('from nothing to a transaction of Plaid', async (t) => {
  const plaid = await stub(t, 'plaid');
  const env = { PLAID_CLIENT_ID: keys.plaidClient, PLAID_SECRET: keys.plaidSecret };
  const addresses = { 'https://sandbox.plaid.com': plaid.url };
  const lines = await run(t, ['configure', 'plaid-settings', 'serve', 'plaid', 'check'], () => ({ addresses, env }));
  has(lines, /\tPLAID PURCHASE\t-12\.34\tUSD$/);
  assert.deepEqual(refused(plaid), []);
});

test('from nothing to a transaction of Up, whose webhook is answered 200', async (t) => {
  const { lines, bank } = await withUp(t, ['configure', 'serve', ...up, 'check']);
  has(lines, /\tup\t.*processed/);
  assert.equal(bank.kept.answered, 200);
});

test('from nothing to a transaction of Up without a public address', async (t) => {
  const { bank } = await withUp(t, ['configure', 'schedule', 'serve', 'up', 'up-without', 'up-register', 'check']);
  assert.equal(bank.kept.url, undefined);
});

/** Runs these groups up to a transaction from Up; returns the output and the stub. */
async function withUp(t, groups) {
  const bank = await stub(t, 'up');
  const env = { UP_TOKEN: keys.up, UP_API_URL: bank.url };
  const addresses = { 'https://api.up.com.au/api/v1': bank.url };
  const lines = await run(t, groups, () => ({ addresses, env }));
  has(lines, /\tUP PURCHASE\t-3\.25\tAUD$|\tUp Purchase\t-3\.25\tAUD$/);
  assert.deepEqual(refused(bank), []);
  return { lines, bank };
}

/** The calls that a provider refused. */
function refused({ calls }) {
  return calls.filter((call) => !/ 20[01]$/.test(call));
}
