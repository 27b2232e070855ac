// A separate server for each test that needs one: started, killed, restarted, removed.
// Owns the process, its port and its temporary folder. Must not know the tests.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { serverBinary, siteFolder } from './places.js';
import { secrets } from './signing.js';
import { eventually } from './wait.js';

/** The running servers, so that none outlives the tests. */
const running = new Set();
process.on('exit', () => running.forEach((child) => child.kill('SIGKILL')));

export class Server {
  #child = null;
  #command;
  #environment;
  #log = '';

  constructor(command, environment) {
    this.folder = mkdtempSync(join(tmpdir(), 'tallywire-end2end-'));
    this.#command = command;
    this.#environment = environment;
    this.port = 0;
  }

  /** A configured server; `environment` adds to its settings or replaces them. */
  static async start(environment = {}) {
    const server = new Server('serve', {});
    server.#environment = {
      CONNECTORS_HOST: '127.0.0.1',
      DATABASE_URL: `sqlite://${join(server.folder, 'tallywire.db')}`,
      JWT_SECRET: secrets.jwt,
      SERVICE_SECRET: secrets.service,
      BASIQ_WEBHOOK_SECRET: secrets.basiq,
      APIDECK_WEBHOOK_SECRET: secrets.apideck,
      WEBHOOK_RATE_LIMIT: '0',
      // The tests speak plain HTTP.
      SECURE_COOKIES: 'false',
      ...environment,
    };
    return server.#begin();
  }

  /** The demo, which needs no configuration. */
  static async demo() {
    return new Server('demo', {}).#begin();
  }

  get url() {
    return `http://127.0.0.1:${this.port}`;
  }

  /** What the process has written to its log. */
  get log() {
    return this.#log;
  }

  /** Kills the process, as in a crash. */
  async kill() {
    const child = this.#child;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const gone = once(child, 'exit');
    child.kill('SIGKILL');
    await gone;
  }

  /** Suspends the process: its sockets stay open, and it answers nothing. */
  pause() {
    this.#child.kill('SIGSTOP');
  }

  /** Resumes the process. */
  resume() {
    this.#child.kill('SIGCONT');
  }

  /** Restarts it with the same port and database. */
  async restart() {
    await this.kill();
    this.#run();
    await this.#ready();
  }

  /** Restarts it with other settings. */
  async restartWith(environment) {
    Object.assign(this.#environment, environment);
    await this.restart();
  }

  /** Stops it and removes its files. */
  async stop() {
    await this.kill();
    rmSync(this.folder, { recursive: true, force: true });
  }

  /** Runs another of the binary's commands with the same settings. */
  async command(args, input = '') {
    const child = this.#spawn(args);
    let output = '';
    child.stdout.on('data', (data) => (output += data));
    child.stderr.on('data', (data) => (output += data));
    child.stdin.end(input);
    const [code] = await once(child, 'close');
    if (code !== 0) throw new Error(`tallywire ${args.join(' ')} ended with ${code}:\n${output}`);
    return output;
  }

  /** Starts a command that runs until it is stopped: its output so far, and its exit code once it has ended. */
  follow(args) {
    const child = this.#spawn(args);
    child.stdin.end();
    const followed = { output: '', ended: once(child, 'close').then(([code]) => code), stop: () => child.kill('SIGINT') };
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (data) => (followed.output += data));
    return followed;
  }

  /** Adds a user who can sign in with a password. */
  async addUser({ userId, email, password, name }) {
    await this.command(['user', 'add', email, '--id', userId, '--name', name], password);
  }

  async #begin() {
    // Another process may take the port between its selection and the start.
    for (let attempt = 1; ; attempt += 1) {
      this.port = await freePort();
      this.#run();
      try {
        await this.#ready();
        return this;
      } catch (error) {
        if (attempt === 5 || !this.#log.includes('cannot listen')) {
          await this.stop();
          throw error;
        }
      }
    }
  }

  #run() {
    this.#log = '';
    const child = this.#spawn([this.#command]);
    child.stdin.end();
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (data) => (this.#log = (this.#log + data).slice(-100_000)));
    }
    this.#child = child;
  }

  #spawn(args) {
    const { PATH, TMPDIR } = process.env;
    const environment = { PATH, TMPDIR, CONNECTORS_PORT: String(this.port), TALLYWIRE_SITE: siteFolder() };
    // The folder is empty, so that no `.env` is found.
    const child = spawn(serverBinary(), args, { cwd: this.folder, env: { ...environment, ...this.#environment } });
    running.add(child);
    child.once('exit', () => running.delete(child));
    return child;
  }

  async #ready() {
    const isReady = async () => {
      if (this.#child.exitCode !== null) throw new Error(`the server ended at its start:\n${this.#log}`);
      return fetch(`${this.url}/health/ready`).then((response) => response.ok, () => false);
    };
    await eventually(isReady, () => `the server is ready:\n${this.#log}`, 30_000);
    // The demo is ready once it has sent its history.
    if (this.#command === 'demo') await eventually(() => this.#log.includes('Tallywire demo:'), 'the demo is told', 60_000);
  }
}

/** A port below the range of outgoing connections, so that none of them takes it. */
export async function freePort() {
  for (;;) {
    const port = 20_000 + Math.floor(Math.random() * 12_000);
    const probe = createServer();
    const isFree = await new Promise((resolve) => {
      probe.once('error', () => resolve(false));
      probe.listen(port, '127.0.0.1', () => probe.close(() => resolve(true)));
    });
    if (isFree) return port;
  }
}
