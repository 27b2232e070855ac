// Pictures of the demo for documents: `npm run screenshots -- FOLDER` writes the sign-in page, the dashboard and the
// connections, at phone and desktop size, in light and in dark. A command, not a test.

import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { chromium as browsers } from '@playwright/test';

import { chromium, chromiumFlags } from './support/places.js';
import { Server } from './support/server.js';

const folder = process.argv[2];
if (!folder) {
  console.error('usage: npm run screenshots -- FOLDER');
  process.exit(2);
}
const sizes = { phone: { width: 390, height: 844 }, desk: { width: 1440, height: 900 } };

async function picture(page, name) {
  const path = join(folder, `${name}.png`);
  await page.locator('body[data-hydrated="true"]').waitFor();
  await page.evaluate(() => document.fonts.ready);
  await page.screenshot({ path, animations: 'disabled' });
  console.log(path);
}

mkdirSync(folder, { recursive: true });
const server = await Server.demo();
const browser = await browsers.launch({ executablePath: chromium(), args: chromiumFlags });
try {
  for (const [size, viewport] of Object.entries(sizes)) {
    for (const colorScheme of ['light', 'dark']) {
      const context = await browser.newContext({ viewport, colorScheme, deviceScaleFactor: 2, locale: 'en-AU' });
      const page = await context.newPage();
      await page.goto(`${server.url}/sign-in`);
      await picture(page, `sign-in-${size}-${colorScheme}`);
      await page.getByTestId('demo-sign-in').first().click();
      await page.locator('[data-testid="connection-badge"][data-status="live"]').waitFor();
      // The picture shows a payment that has just arrived.
      await page.getByTestId('toast').first().waitFor({ timeout: 60_000 });
      await picture(page, `dashboard-${size}-${colorScheme}`);
      await page.goto(`${server.url}/connections`);
      await page.locator('[data-testid="connection-badge"][data-status="live"]').waitFor();
      await picture(page, `connections-${size}-${colorScheme}`);
      await context.close();
    }
  }
} finally {
  await browser.close();
  await server.stop();
}
