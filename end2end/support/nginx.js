// nginx in front of a server or of nodes, on its own port, in a temporary folder, as the current user.
// Owns the process and the files around a configuration. Must not change a configuration except for ports.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { nginxBinary } from './places.js';
import { freePort } from './server.js';
import { place } from './text.js';
import { eventually } from './wait.js';

const documented = readFileSync(new URL('../../docs/nginx.conf', import.meta.url), 'utf8');
const documentedForNodes = readFileSync(new URL('../../docs/nginx-nodes.conf', import.meta.url), 'utf8');

/** The shortest configuration that passes requests on. */
const bare = 'server { listen 80; location / { proxy_pass http://127.0.0.1:3003; } }\n';

const running = new Set();
// SIGKILL would leave the master's workers behind.
process.on('exit', () => running.forEach((child) => child.kill('SIGTERM')));

export class Nginx {
  #child;
  #log = '';

  /** With the configuration of docs/nginx.conf. */
  static documented(server) {
    return new Nginx().#start(documented, [['127.0.0.1:3003', server]]);
  }

  /** With the configuration of docs/nginx-nodes.conf, in front of two nodes. */
  static nodes([one, other]) {
    return new Nginx().#start(documentedForNodes, [['10.0.0.1:3003', one], ['10.0.0.2:3003', other]], 'on');
  }

  /** With `proxy_pass` and nothing else: nginx's defaults. */
  static bare(server) {
    return new Nginx().#start(bare, [['127.0.0.1:3003', server]]);
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

  /** Makes it reload its configuration, like `nginx -s reload`; when this returns, the new workers are running. */
  async reload() {
    const workers = () => this.#log.split('start worker process ').length - 1;
    const before = workers();
    this.#child.kill('SIGHUP');
    await eventually(() => workers() > before, () => `nginx is reloaded:\n${this.#log}`);
  }

  /** Without a master there is one process, which ends on a signal and leaves no worker behind. */
  async #start(configuration, nodes, master = 'off') {
    this.folder = mkdtempSync(join(tmpdir(), 'tallywire-nginx-'));
    this.port = await freePort();
    mkdirSync(join(this.folder, 'temp'));
    const placed = place(configuration, [
      ['listen 80;', `listen 127.0.0.1:${this.port};`],
      ...nodes.map(([documented, server]) => [documented, `127.0.0.1:${server.port}`]),
    ]);
    const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((name) => `${name}_temp_path temp/${name};`);
    const around = `daemon off; master_process ${master}; pid nginx.pid; error_log stderr notice;\nevents {}\nhttp {\naccess_log off;\n${temporary.join('\n')}\n${placed}}\n`;
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
