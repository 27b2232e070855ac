// Days and instants: a day is the same everywhere, an instant is shown in the browser's local time.

import { deliver } from '../support/provider.js';
import { expect, row, test } from './fixtures';

for (const [timezoneId, day, time] of [
  ['America/Los_Angeles', '2025-11-12', '16:00'],
  ['Europe/London', '2025-11-13', '00:00'],
  ['Pacific/Auckland', '2025-11-13', '13:00'],
]) {
  test(`a day stays a day in ${timezoneId}, and an instant keeps its time`, async ({ server, person, dashboard }) => {
    const alex = await person();
    await deliver(server, alex.transaction({ id: 'day', transactionDate: '2025-11-13' }));
    const page = await dashboard(alex, { timezoneId });
    await deliver(server, alex.transaction({ id: 'live-day', transactionDate: '2025-11-13' }));
    await deliver(server, alex.transaction({ id: 'instant', transactionDate: '2025-11-13T00:00:00Z' }));
    const group = (day: string) => page.locator(`[data-testid="day-group"][data-day="${day}"]`);
    for (const id of ['day', 'live-day']) {
      await expect(group('2025-11-13').locator(row(page, id))).toBeVisible();
      await expect(row(page, id)).not.toContainText(/\d\d:\d\d/);
    }
    await expect(group(day).locator(row(page, 'instant'))).toContainText(time);
  });
}
