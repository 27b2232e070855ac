// Stubs of the provider calls in the setup guide, with answers as in the providers' documentation and one transaction
// each.
// Owns the answers. Must not sign or store more than a guide's commands need: `crates/provider-sim` does more.

import { createHmac, randomUUID } from 'node:crypto';
import { createServer } from 'node:http';

const now = () => new Date().toISOString();
const today = () => now().slice(0, 10);

/** The key for each provider's calls. */
export const keys = {
  basiq: 'YmFzaXEtYXBpLWtleQ==',
  apideck: 'sk_test_of_the_stub',
  apideckApp: 'app-1',
  plaidClient: 'client-1',
  plaidSecret: 'plaid-secret-of-the-stub',
  up: 'up:yeah:token',
};

const ROUTES = {
  basiq: {
    'POST /token': ({ headers }) =>
      headers.authorization === `Basic ${keys.basiq}` && headers['basiq-version'] === '3.0'
        ? { access_token: 'basiq-token', expires_in: 3600, token_type: 'Bearer' }
        : [401, {}],
    'POST /users': ({ body }) => [201, { type: 'user', id: 'b-user', email: body.email }],
    'POST /users/b-user/auth_link': () => [201, { type: 'auth_link', userId: 'b-user', links: { public: 'https://connect.basiq.io/b' } }],
    'GET /users/b-user/connections': () => ({ type: 'list', count: 1, size: 1, data: [basiqConnection()], links: {} }),
    'GET /users/b-user/connections/b-conn': () => basiqConnection(),
    'GET /users/b-user/accounts': () => ({ type: 'list', count: 1, size: 1, data: [basiqAccount()], links: {} }),
    'GET /users/b-user/transactions': ({ url }) => {
      const rows = url.searchParams.get('filter').includes("'pending'") ? [] : [basiqTransaction()];
      return { type: 'list', count: rows.length, size: rows.length, data: rows, links: {} };
    },
  },
  apideck: {
    'POST /vault/sessions': () => ({ status_code: 200, status: 'OK', data: { session_uri: 'https://vault.apideck.com/session/s', session_token: 's' } }),
    'GET /vault/connections': () => ({ status_code: 200, status: 'OK', data: [{ id: 'accounting+xero', service_id: 'xero', unified_api: 'accounting', state: 'callable', enabled: true }] }),
    'GET /accounting/expenses': () => apideckList([{ id: 'e-1', transaction_date: now(), account: { id: 'a-1', name: 'Card' }, currency: 'USD', type: 'expense', memo: 'APIDECK EXPENSE', total_amount: 42.5, status: 'posted', updated_at: now() }]),
    'GET /accounting/ledger-accounts/a-1': () => ({ status_code: 200, status: 'OK', data: { id: 'a-1', name: 'Card', currency: 'USD', current_balance: 1250.5 } }),
    'GET /accounting/payments': () => apideckList([]),
    'GET /accounting/bill-payments': () => apideckList([]),
  },
  plaid: {
    'POST /sandbox/public_token/create': ({ body }) => (body.client_id === keys.plaidClient && body.secret === keys.plaidSecret ? { public_token: 'public-1' } : [400, {}]),
    'POST /item/public_token/exchange': ({ body }) => (body.public_token === 'public-1' ? { access_token: 'access-1', item_id: 'item-1' } : [400, {}]),
    'POST /transactions/sync': ({ body }) => ({
      added: body.cursor ? [] : [plaidTransaction()],
      modified: [],
      removed: [],
      accounts: [{ account_id: 'p-acc', name: 'Checking', mask: '0000', type: 'depository', subtype: 'checking', balances: { current: 110, available: 100, iso_currency_code: 'USD' } }],
      next_cursor: 'cursor-1',
      has_more: false,
      transactions_update_status: 'HISTORICAL_UPDATE_COMPLETE',
    }),
  },
  up: {
    'GET /util/ping': ({ headers }) => (headers.authorization === `Bearer ${keys.up}` ? { meta: { id: 'me', statusEmoji: '⚡️' } } : [401, {}]),
    'POST /webhooks': ({ body, kept }) => {
      Object.assign(kept, { url: body.data.attributes.url, secret: 'up-webhook-secret' });
      return [201, { data: { type: 'webhooks', id: 'up-hook', attributes: { url: kept.url, secretKey: kept.secret, createdAt: now() } } }];
    },
    'POST /webhooks/up-hook/ping': async ({ kept }) => {
      kept.answered = await notify(kept, 'PING');
      return [201, { data: { type: 'webhook-events', id: randomUUID() } }];
    },
    'GET /transactions': () => ({ data: [upTransaction()], links: { prev: null, next: null } }),
    'GET /accounts': () => ({ data: [{ type: 'accounts', id: 'u-acc', attributes: { displayName: 'Spending', accountType: 'TRANSACTIONAL', ownershipType: 'INDIVIDUAL', balance: money('101.05') } }], links: { prev: null, next: null } }),
  },
};

const basiqConnection = () => ({ type: 'connection', id: 'b-conn', status: 'active', institution: { type: 'institution', id: 'AU00000' }, lastUsed: now() });
const basiqAccount = () => ({ type: 'account', id: 'b-acc', name: 'Everyday', accountNo: '600000', balance: '100.00', availableFunds: '90.00', currency: 'AUD', class: { type: 'transaction' }, status: 'available', connection: 'b-conn', institution: 'AU00000', lastUpdated: '2026-11-20T08:30:00Z' });
const basiqTransaction = () => ({ type: 'transaction', id: 'b-tx', status: 'posted', description: 'BASIQ PURCHASE', amount: '-12.40', currency: 'AUD', account: 'b-acc', direction: 'debit', class: 'payment', connection: 'b-conn', institution: 'AU00000', transactionDate: now(), postDate: now() });
const apideckList = (data) => ({ status_code: 200, status: 'OK', data, meta: { items_on_page: data.length, cursors: { next: null } }, links: {} });
const plaidTransaction = () => ({ transaction_id: 'p-tx', account_id: 'p-acc', amount: 12.34, iso_currency_code: 'USD', date: today(), datetime: null, authorized_date: null, authorized_datetime: null, name: 'PLAID PURCHASE', merchant_name: null, pending: false, pending_transaction_id: null, original_description: 'PLAID PURCHASE' });
const money = (value) => ({ currencyCode: 'AUD', value, valueInBaseUnits: Math.round(Number(value) * 100) });
const upTransaction = () => ({ type: 'transactions', id: 'u-tx', attributes: { status: 'SETTLED', rawText: 'UP PURCHASE', description: 'Up Purchase', message: null, note: null, amount: money('-3.25'), foreignAmount: null, settledAt: now(), createdAt: now(), transactionType: 'Purchase' }, relationships: { account: { data: { type: 'accounts', id: 'u-acc' } }, transferAccount: { data: null }, category: { data: null } } });

/** Sends a webhook like Up; returns the status of the answer. */
async function notify({ url, secret }, eventType) {
  const relationships = { webhook: { data: { type: 'webhooks', id: 'up-hook' } } };
  const body = JSON.stringify({ data: { type: 'webhook-events', id: randomUUID(), attributes: { eventType, createdAt: now() }, relationships } });
  const signature = createHmac('sha256', secret).update(body).digest('hex');
  const response = await fetch(url, { method: 'POST', headers: { 'content-type': 'application/json', 'x-up-authenticity-signature': signature }, body });
  return response.status;
}

/** Runs one provider on a free port until the end of the test: its address, the received calls, and its state. */
export async function stub(t, provider) {
  const calls = [];
  const kept = {};
  const server = createServer(async (request, response) => {
    let text = '';
    for await (const part of request) text += part;
    const url = new URL(request.url, 'http://stub.invalid');
    const call = `${request.method} ${url.pathname}`;
    const route = ROUTES[provider][call];
    const isJson = request.headers['content-type']?.includes('json');
    const answer = route ? await route({ url, headers: request.headers, body: isJson && text ? JSON.parse(text) : {}, kept }) : [404, {}];
    const [status, body] = Array.isArray(answer) ? answer : [200, answer];
    calls.push(`${call} ${status}`);
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => (server.closeAllConnections(), server.close()));
  return { url: `http://127.0.0.1:${server.address().port}`, calls, kept };
}
