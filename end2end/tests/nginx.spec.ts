// The dashboard behind nginx, with the configuration of docs/nginx.conf.

import { Nginx } from '../support/nginx.js';
import { deliver } from '../support/provider.js';
import { badge, expect, hydrated, row, test } from './fixtures';

test('behind nginx somebody signs in with a password, and the page is live over a WebSocket', async ({ ownServer, person, device }) => {
  const nginx = await Nginx.documented(ownServer);
  try {
    const alex = await person('Alex Chen', ownServer);
    const [email, password] = [`${alex.userId}@example.com`, 'correct horse battery'];
    await ownServer.addUser({ userId: alex.userId, email, password, name: alex.name });
    const page = await (await device()).newPage();
    const websockets: string[] = [];
    page.on('websocket', (socket) => websockets.push(socket.url()));
    await page.goto(nginx.url);
    await expect(page).toHaveURL(`${nginx.url}/sign-in`);
    await hydrated(page);
    const form = page.getByTestId('sign-in-form');
    await form.getByLabel('E-mail address').fill(email);
    await form.getByLabel('Password').fill(password);
    await form.getByRole('button', { name: 'Sign in' }).click();
    await expect(page).toHaveURL(`${nginx.url}/`);
    await hydrated(page);
    await expect(badge(page)).toHaveAttribute('data-status', 'live');
    await deliver(ownServer, alex.transaction({ id: 'tx-1', description: 'HARBOUR FERRIES' }));
    await expect(row(page, 'tx-1')).toContainText('HARBOUR FERRIES');
    expect(websockets.some((url) => url.startsWith(nginx.url.replace('http', 'ws')))).toBe(true);
    // A page whose server stops would rightly complain.
    await page.close();
  } finally {
    await nginx.stop();
  }
});
