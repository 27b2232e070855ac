// The settings of the browser tests: the browser, the parallelism, the time limit of a step.

import { defineConfig, devices } from '@playwright/test';

import { chromium, chromiumFlags } from './support/places.js';

export default defineConfig({
  testDir: 'tests',
  outputDir: 'test-results',
  fullyParallel: true,
  forbidOnly: true,
  retries: 0,
  workers: 2,
  reporter: 'list',
  timeout: 60_000,
  expect: { timeout: 10_000 },
  use: {
    ...devices['Desktop Chrome'],
    headless: true,
    locale: 'en-AU',
    timezoneId: 'Australia/Sydney',
    trace: 'retain-on-failure',
    launchOptions: { executablePath: chromium(), args: chromiumFlags },
  },
});
