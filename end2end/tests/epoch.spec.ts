// The server's data is restored from a backup: an open page shows nothing that no longer exists.

import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { deliver } from '../support/provider.js';
import { badge, expect, row, rows, test, toasts, withAccount } from './fixtures';

test('an open page of a server that was restored drops what was lost and loads the rest again', async ({ ownServer, person, dashboard, watch }) => {
  watch.expected.push(/WebSocket connection to|net::ERR_CONNECTION_REFUSED/);
  const backup = mkdtempSync(join(tmpdir(), 'tallywire-backup-'));
  const alex = await withAccount(await person('Alex Chen', ownServer));
  const page = await dashboard(alex);
  await deliver(ownServer, alex.transaction({ id: 'kept' }));
  await expect(rows(page)).toHaveCount(1);
  await ownServer.kill();
  cpSync(ownServer.folder, backup, { recursive: true });
  await ownServer.restart();
  await expect(badge(page)).toHaveAttribute('data-status', 'live', { timeout: 30_000 });
  for (const id of ['lost-1', 'lost-2']) await deliver(ownServer, alex.transaction({ id, amount: '-7.00' }));
  await expect(rows(page)).toHaveCount(3);
  await expect(toasts(page).first()).toBeVisible();

  // The answer to the reload is held back, to check what the page shows until then.
  let release = () => {};
  const released = new Promise<void>((resolve) => (release = resolve));
  await page.route('**/api/_ui/snapshot', async (route) => {
    await released;
    await route.continue();
  });
  await ownServer.kill();
  rmSync(ownServer.folder, { recursive: true });
  cpSync(backup, ownServer.folder, { recursive: true });
  rmSync(backup, { recursive: true });
  await ownServer.restart();
  await expect(page.getByText('Loading your transactions…')).toBeVisible({ timeout: 30_000 });
  await expect(rows(page)).toHaveCount(0);
  await expect(toasts(page)).toHaveCount(0);
  await expect(page.getByTestId('summary-expenses')).toHaveCount(0);
  await expect(badge(page)).not.toHaveAttribute('data-status', 'live');

  release();
  await expect(row(page, 'kept')).toBeVisible();
  await expect(rows(page)).toHaveCount(1);
  await expect(page.getByText('Loading your transactions…')).toBeHidden();
  await expect(badge(page)).toHaveAttribute('data-status', 'live');
  await deliver(ownServer, alex.transaction({ id: 'after' }));
  await expect(rows(page)).toHaveCount(2);
});
