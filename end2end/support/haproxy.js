// HAProxy in front of nodes, with docs/haproxy.cfg, on its own port, in a temporary folder, as the current user.
// Owns the process. Must not change the configuration except for addresses.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { haproxyBinary } from './places.js';
import { freePort } from './server.js';
import { place } from './text.js';
import { eventually } from './wait.js';

const documented = readFileSync(new URL('../../docs/haproxy.cfg', import.meta.url), 'utf8');

const running = new Set();
// SIGKILL would leave the master's workers behind.
process.on('exit', () => running.forEach((child) => child.kill('SIGTERM')));

export class Haproxy {
  #child;
  #log = '';

  /** With the configuration of docs/haproxy.cfg, in front of two nodes. */
  static nodes(servers) {
    return new Haproxy().#start(servers);
  }

  get url() {
    return `http://127.0.0.1:${this.port}`;
  }

  /** Makes it reload its configuration, like `systemctl reload haproxy`. */
  async reload() {
    const loaded = () => this.#log.split('Loading success.').length - 1;
    const before = loaded();
    this.#child.kill('SIGUSR2');
    await eventually(() => loaded() > before, () => `HAProxy is reloaded:\n${this.#log}`);
  }

  async stop() {
    if (this.#child.exitCode === null && this.#child.signalCode === null) {
      const gone = once(this.#child, 'exit');
      // The master ends its workers at once.
      this.#child.kill('SIGTERM');
      await gone;
    }
    rmSync(this.folder, { recursive: true, force: true });
  }

  async #start([one, other]) {
    this.folder = mkdtempSync(join(tmpdir(), 'tallywire-haproxy-'));
    this.port = await freePort();
    const text = place(documented, [
      ['bind :80', `bind 127.0.0.1:${this.port}`],
      ['10.0.0.1:3003', `127.0.0.1:${one.port}`],
      ['10.0.0.2:3003', `127.0.0.1:${other.port}`],
    ]);
    const file = join(this.folder, 'haproxy.cfg');
    writeFileSync(file, text);
    this.#child = spawn(haproxyBinary(), ['-W', '-db', '-f', file], { cwd: this.folder, stdio: ['ignore', 'pipe', 'pipe'] });
    running.add(this.#child);
    this.#child.once('exit', () => running.delete(this.#child));
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      stream.on('data', (data) => (this.#log = (this.#log + data).slice(-20_000)));
    }
    const isReady = async () => {
      if (this.#child.exitCode !== null) throw new Error(`HAProxy ended at its start:\n${this.#log}`);
      return fetch(`${this.url}/health/live`).then((response) => response.ok, () => false);
    };
    await eventually(isReady, () => `HAProxy is ready:\n${this.#log}`);
    return this;
  }
}
