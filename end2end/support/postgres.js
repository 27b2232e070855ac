// PostgreSQL for tests of several nodes, on its own port, in a temporary folder.
// Owns the process. Must not speak its protocol.

import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chownSync, existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { postgresPrograms } from './places.js';
import { freePort } from './server.js';
import { eventually } from './wait.js';

const run = promisify(execFile);
const running = new Set();
process.on('exit', () => running.forEach((child) => child.kill('SIGQUIT')));

export class Postgres {
  #child;
  #log = '';

  /** Starts one with an empty database. */
  static async start() {
    return new Postgres().#start();
  }

  get url() {
    return `postgres://tallywire@127.0.0.1:${this.port}/postgres`;
  }

  async stop() {
    if (this.#child.exitCode === null && this.#child.signalCode === null) {
      const gone = once(this.#child, 'exit');
      this.#child.kill('SIGQUIT');
      await gone;
    }
    rmSync(this.folder, { recursive: true, force: true });
  }

  async #start() {
    this.folder = mkdtempSync(join(tmpdir(), 'tallywire-pg-'));
    const account = user();
    if (account.uid !== undefined) chownSync(this.folder, account.uid, account.gid);
    const data = join(this.folder, 'data');
    const options = { cwd: this.folder, ...account };
    const programs = postgresPrograms();
    await run(join(programs, 'initdb'), ['-D', data, '--username', 'tallywire', '--auth', 'trust', '--encoding', 'UTF8', '--no-sync'], options);
    this.port = await freePort();
    const settings = ['fsync=off', 'full_page_writes=off', 'shared_buffers=32MB', 'listen_addresses=127.0.0.1'];
    const args = ['-D', data, '-k', this.folder, '-p', String(this.port), ...settings.flatMap((setting) => ['-c', setting])];
    this.#child = spawn(join(programs, 'postgres'), args, { ...options, stdio: ['ignore', 'ignore', 'pipe'] });
    running.add(this.#child);
    this.#child.once('exit', () => running.delete(this.#child));
    this.#child.stderr.on('data', (data) => (this.#log = (this.#log + data).slice(-20_000)));
    const isReady = async () => {
      if (this.#child.exitCode !== null) throw new Error(`PostgreSQL ended at its start:\n${this.#log}`);
      const asked = run(join(programs, 'pg_isready'), ['-h', this.folder, '-p', String(this.port)]);
      return asked.then(() => true, () => false);
    };
    await eventually(isReady, () => `PostgreSQL is ready:\n${this.#log}`, 60_000);
    return this;
  }
}

/** The user that runs it, because it refuses to run as root. */
function user() {
  if (process.getuid() !== 0 || !existsSync('/etc/passwd')) return {};
  const lines = readFileSync('/etc/passwd', 'utf8').split('\n').map((line) => line.split(':'));
  const found = ['postgres', 'nobody'].map((name) => lines.find(([first]) => first === name)).find(Boolean);
  if (!found) throw new Error("there is neither a user 'postgres' nor 'nobody'");
  return { uid: Number(found[2]), gid: Number(found[3]) };
}
