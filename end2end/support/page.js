// A page of another origin with one program of the guides, bundled like an application, in Chromium.
// Owns the browser and the page's server. Must not know what the program does.

import { createServer } from 'node:http';

import { chromium as playwright } from '@playwright/test';
import { build } from 'esbuild';

import { chromium, chromiumFlags } from './places.js';

/** A browser until the end of the test. */
export async function browser(t) {
  const opened = await playwright.launch({ executablePath: chromium(), args: chromiumFlags });
  t.after(() => opened.close());
  return opened;
}

/** Bundles a program and everything it imports into one script. */
export async function bundle(source, resolveDir) {
  const stdin = { contents: source, resolveDir, loader: 'jsx' };
  const options = { bundle: true, write: false, jsx: 'automatic', format: 'iife', logLevel: 'silent' };
  const { outputFiles } = await build({ ...options, stdin, define: { 'process.env.NODE_ENV': '"development"' } });
  return outputFiles[0].text;
}

/** Serves a page that runs a script; returns its origin. */
export async function serve(t, script) {
  const html = '<!doctype html><meta charset="utf-8"><div id="root"></div><script src="/script.js"></script>';
  const server = createServer(({ url }, response) => {
    const [type, body] = url === '/script.js' ? ['text/javascript', script()] : ['text/html', html];
    response.writeHead(200, { 'content-type': `${type}; charset=utf-8` }).end(body);
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => (server.closeAllConnections(), server.close()));
  return `http://127.0.0.1:${server.address().port}`;
}
