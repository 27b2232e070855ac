// The results of a search in the page follow the same rule as on the server, whose test reads the same vectors.

import { readFileSync } from 'node:fs';

import { deliver } from '../support/provider.js';
import { expect, row, rows, test, withAccount } from './fixtures';

type Vector = { text: string; query: string; found: boolean };

const vectors: Vector[] = JSON.parse(readFileSync(new URL('../../crates/folding/tests/vectors.json', import.meta.url), 'utf8'));

test('the page finds what reads the same without asking the server', async ({ server, person, dashboard, watch }) => {
  const alex = await withAccount(await person());
  const page = await dashboard(alex, {}, async (page) => {
    watch.expected.push(/ERR_FAILED|api\/_ui\/transactions/);
    await page.route('**/api/_ui/transactions', (route) => route.abort());
  });
  for (const [index, { text }] of vectors.entries()) {
    await deliver(server, alex.transaction({ id: `v${index}`, description: text }));
  }
  await expect(rows(page)).toHaveCount(vectors.length);
  const search = page.getByTestId('search');
  for (const [index, { text, query, found }] of vectors.entries()) {
    await search.fill(query);
    await expect(row(page, `v${index}`), `${query} in ${text}`).toHaveCount(found ? 1 : 0);
    await search.fill('no such thing');
    await expect(rows(page)).toHaveCount(0);
  }
});
