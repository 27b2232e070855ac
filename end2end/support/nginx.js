// nginx in front of a server, on a port of its own, in a temporary folder, as the current user.
// Owns the process and what a configuration needs around it. Must not change what a configuration says but for ports.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { nginxBinary } from './places.js';
import { freePort } from './server.js';
import { eventually } from './wait.js';

const documented = readFileSync(new URL('../../docs/nginx.conf', import.meta.url), 'utf8');

/** The shortest that passes requests on. */
const bare = 'server { listen 80; location / { proxy_pass http://127.0.0.1:3003; } }\n';

const running = new Set();
process.on('exit', () => running.forEach((child) => child.kill('SIGKILL')));

export class Nginx {
  #child;
  #log = '';

  /** With the configuration of docs/nginx.conf. */
  static documented(server) {
    return new Nginx().#start(server, documented);
  }

  /** With `proxy_pass` and nothing else: nginx as it comes. */
  static bare(server) {
    return new Nginx().#start(server, bare);
  }

  get url() {
    return `http://127.0.0.1:${this.port}`;
  }

  async stop() {
    if (this.#child.exitCode === null && this.#child.signalCode === null) {
      const gone = once(this.#child, 'exit');
      this.#child.kill('SIGTERM');
      await gone;
    }
    rmSync(this.folder, { recursive: true, force: true });
  }

  async #start(server, configuration) {
    this.folder = mkdtempSync(join(tmpdir(), 'tallywire-nginx-'));
    this.port = await freePort();
    mkdirSync(join(this.folder, 'temp'));
    const placed = [
      ['listen 80;', `listen 127.0.0.1:${this.port};`],
      ['127.0.0.1:3003', `127.0.0.1:${server.port}`],
    ].reduce((text, [from, to]) => {
      if (!text.includes(from)) throw new Error(`the configuration has no ${from}`);
      return text.replace(from, to);
    }, configuration);
    const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((name) => `${name}_temp_path temp/${name};`);
    // One process, which ends with its signal and leaves none behind.
    const around = `daemon off; master_process off; pid nginx.pid;\nevents {}\nhttp {\naccess_log off;\n${temporary.join('\n')}\n${placed}}\n`;
    writeFileSync(join(this.folder, 'nginx.conf'), around);
    this.#child = spawn(nginxBinary(), ['-e', 'stderr', '-p', this.folder, '-c', 'nginx.conf'], { stdio: ['ignore', 'ignore', 'pipe'] });
    running.add(this.#child);
    this.#child.once('exit', () => running.delete(this.#child));
    this.#child.stderr.on('data', (data) => (this.#log = (this.#log + data).slice(-20_000)));
    const isReady = async () => {
      if (this.#child.exitCode !== null) throw new Error(`nginx ended at its start:\n${this.#log}`);
      return fetch(`${this.url}/health/live`).then((response) => response.ok, () => false);
    };
    await eventually(isReady, () => `nginx is ready:\n${this.#log}`);
    return this;
  }
}
