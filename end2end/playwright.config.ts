// The settings of the browser tests: the browser, the parallelism, the time limit of a step.

import { defineConfig, devices } from '@playwright/test';

import { chromium, chromiumFlags } from './support/places.js';

export default defineConfig({
  testDir: 'tests',
  outputDir: 'test-results',
  fullyParallel: true,
  forbidOnly: true,
  // A second attempt for what only the machine delayed. Such a test is listed as flaky and its trace is kept, because it
  // is a defect nevertheless.
  retries: 1,
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
