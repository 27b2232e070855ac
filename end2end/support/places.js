// The locations of what the tests start: the server, the dashboard's files, Python, nginx, HAProxy, PostgreSQL, a
// browser.
// Owns the environment variables that override them. Must not start anything.

import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));
const environment = process.env;

/** The server's binary: `TALLYWIRE_BIN`, else the debug build. */
export function serverBinary() {
  const target = environment.CARGO_TARGET_DIR ?? join(root, 'target');
  const binary = resolve(environment.TALLYWIRE_BIN ?? join(target, 'debug', 'tallywire'));
  if (!existsSync(binary)) throw new Error(`there is no server at ${binary}: build it, or set TALLYWIRE_BIN`);
  return binary;
}

/** The dashboard's files: `TALLYWIRE_SITE`, else the output of the debug build. */
export function siteFolder() {
  return resolve(environment.TALLYWIRE_SITE ?? join(root, 'target', 'site'));
}

/** A Python that has python-socketio: `TALLYWIRE_PYTHON`, else the one that `scripts/setup` made. */
export function python() {
  const cache = environment.XDG_CACHE_HOME ?? join(homedir(), '.cache');
  const tools = environment.TALLYWIRE_TOOLS ?? join(cache, 'tallywire', 'tools');
  return environment.TALLYWIRE_PYTHON ?? join(tools, 'python', 'bin', 'python');
}

/** nginx: `TALLYWIRE_NGINX`, else the system's, whose folder is only in an administrator's PATH. */
export function nginxBinary() {
  const places = [environment.TALLYWIRE_NGINX, '/usr/sbin/nginx', '/usr/local/sbin/nginx', '/usr/bin/nginx', '/opt/homebrew/bin/nginx'];
  const found = places.find((path) => path && existsSync(path));
  if (!found) throw new Error('nginx is missing: scripts/setup test installs it, or set TALLYWIRE_NGINX');
  return found;
}

/** HAProxy: `TALLYWIRE_HAPROXY`, else the system's. */
export function haproxyBinary() {
  const places = [environment.TALLYWIRE_HAPROXY, '/usr/sbin/haproxy', '/usr/local/sbin/haproxy', '/usr/bin/haproxy', '/opt/homebrew/bin/haproxy'];
  const found = places.find((path) => path && existsSync(path));
  if (!found) throw new Error('HAProxy is missing: scripts/setup test installs it, or set TALLYWIRE_HAPROXY');
  return found;
}

/** The folder of PostgreSQL's programs: `TALLYWIRE_POSTGRES`, else Debian's newest version, else the PATH. */
export function postgresPrograms() {
  const debian = '/usr/lib/postgresql';
  const versions = existsSync(debian) ? readdirSync(debian).filter((version) => Number(version) >= 15) : [];
  const newest = versions.sort((one, other) => Number(other) - Number(one)).map((version) => join(debian, version, 'bin'));
  const places = [environment.TALLYWIRE_POSTGRES, ...newest, ...(environment.PATH ?? '').split(':')];
  const found = places.find((path) => path && existsSync(join(path, 'initdb')) && existsSync(join(path, 'postgres')));
  if (!found) throw new Error('PostgreSQL 15 or later is missing: scripts/setup test installs it, or set TALLYWIRE_POSTGRES');
  return found;
}

/** An installed Chromium: `TALLYWIRE_CHROMIUM`, else the system's; undefined means Playwright's own. */
export function chromium() {
  if (environment.TALLYWIRE_CHROMIUM) return onPath(environment.TALLYWIRE_CHROMIUM);
  return ['/usr/bin/chromium', '/usr/bin/chromium-browser'].find((path) => existsSync(path));
}

function onPath(name) {
  return name.includes('/') ? name : execFileSync('which', [name], { encoding: 'utf8' }).trim();
}

/** The flags for headless Chromium in a container, without calling home. */
export const chromiumFlags = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];
