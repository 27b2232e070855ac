// The fixtures of every browser test: a server, people, their browsers, and a record of the pages' complaints.

import { test as base, expect, type Browser, type BrowserContext, type BrowserContextOptions, type Page } from '@playwright/test';

import { register, transaction, transactions } from '../support/provider.js';
import { Server } from '../support/server.js';
import { token } from '../support/signing.js';

export { expect };

/** Collects what the pages of a context report: errors, warnings, refused content. */
export class Watch {
  readonly complaints: string[] = [];
  /** Complaints that the test causes, such as those about a stopped server. */
  readonly expected: RegExp[] = [];

  async over(context: BrowserContext) {
    context.on('console', (message) => {
      if (['error', 'warning', 'assert'].includes(message.type())) {
        this.complaints.push(`${message.type()} at ${message.location().url}: ${message.text()}`);
      }
    });
    context.on('weberror', (error) => this.complaints.push(`exception: ${error.error().stack ?? error.error()}`));
    context.on('response', (response) => {
      if (response.status() >= 400) this.complaints.push(`${response.status()} for ${response.url()}`);
    });
  }

  get unexpected() {
    return this.complaints.filter((complaint) => !this.expected.some((pattern) => pattern.test(complaint)));
  }
}

/** A user with a feed. */
export class Person {
  constructor(
    readonly server: Server,
    readonly userId: string,
    readonly name: string,
    readonly connectionId: string,
  ) {}

  /** The body of a webhook about this user. */
  transaction(fields = {}, options = {}) {
    return transaction(this.connectionId, fields, options);
  }

  /** A body that reports several transactions. */
  transactions(all: object[]) {
    return transactions(this.connectionId, all);
  }
}

type Fixtures = {
  watch: Watch;
  /** A new browser context, without any earlier state. */
  device: (options?: BrowserContextOptions) => Promise<BrowserContext>;
  person: (name?: string, server?: Server) => Promise<Person>;
  /** A user's live dashboard; `prepare` is given the page before it is opened. */
  dashboard: (person: Person, options?: BrowserContextOptions, prepare?: (page: Page) => Promise<void>) => Promise<Page>;
  /** A separate server for the test, which may kill it. */
  ownServer: Server;
};

let people = 0;

export const test = base.extend<Fixtures, { server: Server }>({
  server: [
    async ({}, use) => {
      const server = await Server.start();
      await use(server);
      await server.stop();
    },
    { scope: 'worker', timeout: 60_000 },
  ],

  ownServer: async ({}, use) => {
    const server = await Server.start();
    await use(server);
    await server.stop();
  },

  watch: async ({}, use) => {
    const watch = new Watch();
    await use(watch);
    expect(watch.unexpected, 'what the pages complain about').toEqual([]);
  },

  device: async ({ browser, watch }: { browser: Browser; watch: Watch }, use) => {
    const contexts: BrowserContext[] = [];
    await use(async (options) => {
      const context = await browser.newContext(options);
      contexts.push(context);
      await watch.over(context);
      return context;
    });
    await Promise.all(contexts.map((context) => context.close()));
  },

  person: async ({ server }, use) => {
    await use(async (name = 'Alex Chen', at = server) => {
      const userId = `person-${process.pid}-${(people += 1)}`;
      return new Person(at, userId, name, await register(at, userId));
    });
  },

  dashboard: async ({ device }, use) => {
    await use(async (person, options, prepare) => {
      const context = await device(options);
      await signIn(context, person);
      const page = await context.newPage();
      await prepare?.(page);
      await page.goto(person.server.url);
      await hydrated(page);
      await expect(badge(page)).toHaveAttribute('data-status', 'live');
      return page;
    });
  },
});

/** Gives a context the cookie that the host application would get for its user. */
export async function signIn(context: BrowserContext, { server, userId, name }: Person) {
  const data = { token: token(userId), displayName: name };
  const response = await context.request.post(`${server.url}/api/session`, { data });
  expect(response.status()).toBe(200);
}

/** Registers a person's account, so that a transaction's event needs no reload. */
export async function withAccount(person: Person) {
  const accounts = [{ accountId: 'acc-1', name: 'Everyday', currency: 'AUD', balance: 10 }];
  await register(person.server, person.userId, { connectionId: person.connectionId, accounts });
  return person;
}

/** Waits for hydration. */
export async function hydrated(page: Page) {
  await expect(page.locator('body')).toHaveAttribute('data-hydrated', 'true');
}

export const badge = (page: Page) => page.getByTestId('connection-badge');
export const rows = (page: Page) => page.getByTestId('transaction-row');
export const row = (page: Page, id: string) => page.locator(`[data-testid="transaction-row"][data-transaction-id="${id}"]`);
export const toasts = (page: Page) => page.getByTestId('toast');
export const account = (page: Page, id: string) => page.locator(`[data-testid="account-card"][data-account-id="${id}"]`);
