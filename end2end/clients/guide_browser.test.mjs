// The programs of the real-time guide that run in a browser.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { program, workspace } from '../support/guide.js';
import { browser, bundle, serve } from '../support/page.js';
import { deliver, register, transaction } from '../support/provider.js';
import { Server } from '../support/server.js';
import { token } from '../support/signing.js';
import { eventually } from '../support/wait.js';

const place = workspace();

/** A server that accepts calls from pages of this origin. */
async function serverFor(t, origin) {
  const server = await Server.start({ FRONTEND_URL: origin });
  t.after(() => server.stop());
  return server;
}

test('the React component shows what there is, what comes, what changes and what goes, and resumes', async (t) => {
  let script;
  const origin = await serve(t, () => script);
  const server = await serverFor(t, origin);
  const user = 'guide-react';
  const connection = await register(server, user);
  await deliver(server, transaction(connection, { id: 'old', amount: '-3.25', description: 'BEFORE', transactionDate: '2026-11-01T09:00:00Z' }));
  const source = `
    import { createRoot } from "react-dom/client";
    import { Transactions } from "./use-transactions.jsx";
    const getToken = async () => ${JSON.stringify(token(user))};
    const root = createRoot(document.getElementById("root"));
    root.render(<Transactions url=${JSON.stringify(server.url)} getToken={getToken} />);
    window.unmount = () => root.unmount();`;
  script = await bundle(source, place);
  const page = await (await browser(t)).newPage();
  const problems = [];
  page.on('pageerror', (error) => problems.push(error.message));
  let open;
  const opened = new Promise((resolve) => (open = resolve));
  await page.route('**/socket.io/**', async (route) => (await opened, route.continue()));
  await page.goto(origin);
  const rows = () => page.locator('li').allTextContents();
  const shows = (expected) => eventually(async () => JSON.stringify(await rows()) === JSON.stringify(expected), () => `${expected}`);
  await shows(['BEFORE -3.25 AUD ']);
  // The page has loaded, and does not follow events yet.
  await deliver(server, transaction(connection, { id: 'between', amount: '-1.00', description: 'BETWEEN', transactionDate: '2026-11-02T09:00:00Z' }));
  open();
  await page.getByText('Live').waitFor();
  await shows(['BETWEEN -1 AUD ', 'BEFORE -3.25 AUD ']);
  await deliver(server, transaction(connection, { id: 'between' }, { event: 'transaction.deleted' }));
  await shows(['BEFORE -3.25 AUD ']);

  const fields = { id: 'lunch', amount: '-12.40', description: 'LUNCH' };
  await deliver(server, transaction(connection, { ...fields, status: 'pending' }));
  await shows(['LUNCH -12.4 AUD (pending)', 'BEFORE -3.25 AUD ']);
  await deliver(server, transaction(connection, fields, { event: 'transaction.updated' }));
  await shows(['LUNCH -12.4 AUD ', 'BEFORE -3.25 AUD ']);

  await server.restart();
  await deliver(server, transaction(connection, { id: 'old' }, { event: 'transaction.deleted' }));
  await shows(['LUNCH -12.4 AUD ']);
  await page.getByText('Live').waitFor();

  await page.evaluate(() => window.unmount());
  assert.deepEqual(problems, []);
});

test('the React component says why it is refused', async (t) => {
  let script;
  const origin = await serve(t, () => script);
  const server = await serverFor(t, origin);
  script = await bundle(
    `import { createRoot } from "react-dom/client";
     import { Transactions } from "./use-transactions.jsx";
     createRoot(document.getElementById("root")).render(<Transactions url=${JSON.stringify(server.url)} getToken={getToken} />);
     async function getToken() { return "no.token.here"; }`,
    place,
  );
  const page = await (await browser(t)).newPage();
  await page.goto(origin);
  await page.getByText('/api/summary answered 401').waitFor();
});

test('the EventSource of a page shows a transaction, and resumes after the server was killed', async (t) => {
  const server = await Server.start();
  t.after(() => server.stop());
  const user = 'guide-source';
  const connection = await register(server, user);
  const page = await (await browser(t)).newPage();
  await page.goto(`${server.url}/health/live`);
  const signedIn = await page.evaluate(async (token) => {
    const headers = { 'content-type': 'application/json' };
    return (await fetch('/api/session', { method: 'POST', headers, body: JSON.stringify({ token }) })).status;
  }, token(user));
  assert.equal(signedIn, 200);
  await page.evaluate((source) => {
    window.shown = [];
    new Function('show', source)((text) => window.shown.push(text));
  }, program('event-source.js'));
  const shown = () => page.evaluate(() => window.shown);
  await eventually(async () => (await shown()).includes('live'), 'it is open');
  await deliver(server, transaction(connection, { amount: '-50.10' }));
  await eventually(async () => (await shown()).includes('2 CORNER ESPRESSO -50.1'), async () => `${await shown()}`);
  await server.restart();
  await deliver(server, transaction(connection, { amount: '-7.00', description: 'MISSED' }));
  await eventually(async () => (await shown()).includes('3 MISSED -7'), 'what it missed');
  assert.equal((await shown()).filter((text) => text.startsWith('2 ')).length, 1);
});

test('the EventSource of a page says that it is not signed in', async (t) => {
  const server = await Server.start();
  t.after(() => server.stop());
  const page = await (await browser(t)).newPage();
  await page.goto(`${server.url}/health/live`);
  await page.evaluate((source) => {
    window.shown = [];
    new Function('show', source)((text) => window.shown.push(text));
  }, program('event-source.js'));
  await eventually(() => page.evaluate(() => window.shown.includes('sign in again')), 'it is refused');
});
