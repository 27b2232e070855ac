// The part of Basiq's API that a run calls: a bank with one account for every connection.
// Owns the answers and their time: it can fail, and delay its answers. Must not know the tests.

import { once } from 'node:events';
import { createServer } from 'node:http';

export class BasiqApi {
  #server;
  #held = null;
  /** The settings with which the server under test finds it, including a valid key. */
  environment = {};
  /** The status of the answers to calls for a connection; 200 is the usual one. */
  status = 200;
  /** The state of each connection in its answers. */
  state = 'active';
  /** The posted transactions, in Basiq's format. */
  transactions = [];

  static async start() {
    const api = new BasiqApi();
    api.#server = createServer((request, response) => api.#answer(request, response));
    api.#server.listen(0, '127.0.0.1');
    await once(api.#server, 'listening');
    api.environment = { BASIQ_API_KEY: 'a-key-of-the-end-to-end-tests', BASIQ_API_URL: `http://127.0.0.1:${api.#server.address().port}` };
    return api;
  }

  /** Holds back answers about connections until `release`. */
  hold() {
    this.#held = resolvers();
  }

  release() {
    this.#held?.resolve();
    this.#held = null;
  }

  /** A posted purchase. */
  purchase(id, amount = '-12.40', description = 'CORNER ESPRESSO') {
    const day = new Date().toISOString();
    this.transactions.push({ type: 'transaction', id, account: 'acc-1', amount, description, direction: 'debit', status: 'posted', postDate: day, transactionDate: day });
  }

  async stop() {
    this.release();
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, 'close');
  }

  async #answer(request, response) {
    const { pathname, searchParams } = new URL(request.url, 'http://127.0.0.1');
    const [, , , kind, id] = pathname.split('/');
    if (pathname !== '/token') await this.#held?.promise;
    const failed = pathname !== '/token' && this.status !== 200;
    const body = failed ? { type: 'list', data: [{ type: 'error', code: 'service-unavailable', title: 'Unavailable', detail: 'Try later' }] } : this.#body(pathname, kind, id, searchParams);
    response.writeHead(failed ? this.status : 200, { 'content-type': 'application/json' });
    response.end(JSON.stringify(body));
  }

  #body(pathname, kind, id, parameters) {
    const filter = parameters.get('filter') ?? '';
    const connection = /connection\.id\.eq\('([^']+)'\)/.exec(filter)?.[1];
    if (pathname === '/token') return { access_token: 'token', expires_in: 3600, token_type: 'Bearer' };
    if (kind === 'connections') return { type: 'connection', id, status: this.state };
    if (kind === 'accounts') return { type: 'list', data: [account(connection)], links: {} };
    const posted = filter.includes("'posted'") ? this.transactions : [];
    return { type: 'list', data: posted.map((told) => ({ ...told, connection })), links: {} };
  }
}

const account = (connection) => ({ type: 'account', id: 'acc-1', accountNo: '062000 11874420', name: 'Everyday', currency: 'AUD', balance: '100.10', availableFunds: '100.10', class: { type: 'transaction' }, connection, lastUpdated: '2026-11-25T10:00:00Z', status: 'available' });

function resolvers() {
  let resolve;
  return { promise: new Promise((done) => (resolve = done)), resolve };
}
