// A provider that sends signed webhooks, and the core app's call that registers a connection.
// Owns the bodies in the format of the original's guide.

import { randomUUID } from 'node:crypto';

import { apideck, basiqGuide, secrets, standardWebhook } from './signing.js';

/** Registers a connection: from then on its deliveries belong to the user. */
export async function register(server, userId, { connector = 'basiq', connectionId = `conn-${userId}`, ...rest } = {}) {
  const response = await fetch(`${server.url}/api/connectors/${connector}/connections/${connectionId}`, {
    method: 'PUT',
    headers: { 'content-type': 'application/json', 'x-service-secret': secrets.service },
    body: JSON.stringify({ userId, institutionName: 'Harbour Bank', ...rest }),
  });
  if (response.status !== 201 && response.status !== 200) throw new Error(await told(response));
  return connectionId;
}

/** The body that reports one transaction. */
export function transaction(connectionId, fields = {}, { event = 'transaction.created', account } = {}) {
  const told = {
    id: `tx-${randomUUID()}`,
    account: 'acc-1',
    amount: '-12.40',
    description: 'CORNER ESPRESSO',
    status: 'posted',
    transactionDate: new Date().toISOString(),
    ...fields,
  };
  return { event, data: { transaction: told, connectionId, ...(account && { account: { id: told.account, ...account } }) } };
}

/** The body that reports several transactions. */
export function transactions(connectionId, all) {
  const several = all.map((fields) => transaction(connectionId, fields).data.transaction);
  return { event: 'transactions.created', data: { transactions: several, connectionId } };
}

/** Sends a body that must be accepted; returns the answer. `signing`: `standard` or `guide`. */
export async function deliver(server, body, { connector = 'basiq', signing = 'standard', id } = {}) {
  const text = JSON.stringify(body);
  const signature = headers(text, { connector, signing, id });
  const response = await fetch(`${server.url}/api/connectors/${connector}/webhook`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...signature },
    body: text,
  });
  if (response.status !== 200) throw new Error(await told(response));
  return response.json();
}

function headers(text, { connector, signing, id }) {
  if (connector === 'apideck') return apideck(text);
  return signing === 'guide' ? basiqGuide(text) : standardWebhook(text, { id });
}

async function told(response) {
  return `${response.url} answered ${response.status}: ${await response.text()}`;
}
