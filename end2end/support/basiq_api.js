// Basiq's API as far as a run asks it: a bank with one account for every connection.
// Owns what it answers, and when: it can fail, and hold its answers back. Must not know what is tested.

import { once } from 'node:events';
import { createServer } from 'node:http';

export class BasiqApi {
  #server;
  #held = null;
  /** Where the server under test finds it, with a key that it takes. */
  environment = {};
  /** The status that the calls for a connection are answered with; 200 is the usual answer. */
  status = 200;
  /** What it says of each connection. */
  state = 'active';
  /** The posted transactions, in Basiq's words. */
  transactions = [];

  static async start() {
    const api = new BasiqApi();
    api.#server = createServer((request, response) => api.#answer(request, response));
    api.#server.listen(0, '127.0.0.1');
    await once(api.#server, 'listening');
    api.environment = { BASIQ_API_KEY: 'a-key-of-the-end-to-end-tests', BASIQ_API_URL: `http://127.0.0.1:${api.#server.address().port}` };
    return api;
  }

  /** Answers nothing about connections until `release`. */
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
