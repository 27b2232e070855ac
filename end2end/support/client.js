// One official Socket.IO client, of any version, that records everything it receives.
// Owns the differences between the versions. Must not decide what is right.

import { io as io31 } from 'socket.io-client-3.1';
import { io as io45 } from 'socket.io-client-4.5';
import { io as io48 } from 'socket.io-client-4.8';
import io25 from 'socket.io-client-2.5';

import { token } from './signing.js';
import { eventually, within } from './wait.js';

const libraries = { '2.5': io25, '3.1': io31, '4.5': io45, '4.8': io48 };

export const versions = Object.keys(libraries);
/** The transports, by name. */
export const ways = {
  'polling only': ['polling'],
  'WebSocket only': ['websocket'],
  'polling, then upgraded': ['polling', 'websocket'],
};

const feed = ['new', 'updated', 'deleted'].map((verb) => `transaction:${verb}`).concat('balance:updated', 'connection:updated');
const names = [...feed, 'sync:complete', 'sync:required', 'authenticated', 'error', 'pong', 'connect', 'disconnect', 'connect_error'];

export class Client {
  /** All received events: `{ name, payload }`, oldest first. */
  seen = [];
  /** The Engine.IO packets with the text of each event, in which numbers keep all their digits. */
  packets = [];
  /** The number of heartbeats. */
  heartbeats = 0;
  #taken = new Set();
  #waiting = [];

  constructor(server, { version = '4.8', transports = ['websocket'], ...options } = {}) {
    this.version = version;
    this.socket = libraries[version](server.url, {
      transports,
      forceNew: true,
      reconnectionDelay: 50,
      reconnectionDelayMax: 200,
      ...options,
    });
    for (const name of names) this.socket.on(name, (payload) => this.#add({ name, payload }));
    this.socket.on('connect', () => {
      this.socket.io.engine.on('packet', ({ type, data }) => {
        // Since version 3 the server sends the ping; before, it answered.
        if (type === (version === '2.5' ? 'pong' : 'ping')) this.heartbeats += 1;
        if (type === 'message' && typeof data === 'string') this.packets.push(data);
      });
    });
  }

  get transport() {
    return this.socket.io.engine.transport.name;
  }

  /** The names of the received feed events, in order. */
  get feed() {
    return this.seen.filter(({ name }) => feed.includes(name));
  }

  /** Waits for the next event of this name that has not been taken yet. */
  async next(name, limit) {
    const isNext = (event) => event.name === name && !this.#taken.has(event);
    const found = this.seen.find(isNext) ?? (await within(this.#coming(isNext), () => `${name} after ${this.#told()}`, limit));
    this.#taken.add(found);
    return found.payload;
  }

  /** Whether such an event has arrived and was not taken. */
  has(name) {
    return this.seen.some((event) => event.name === name && !this.#taken.has(event));
  }

  emit(name, payload) {
    this.socket.emit(name, payload);
  }

  /** Sends an event and waits for its acknowledgement. */
  ask(name, payload) {
    return within(new Promise((resolve) => this.socket.emit(name, payload, resolve)), `acknowledgement of ${name}`);
  }

  /** Signs in like the original's clients: at every connect, with `authenticate`. */
  signsIn(userId, options) {
    const authenticate = () => this.emit('authenticate', { userId, token: token(userId, options) });
    this.socket.on('connect', authenticate);
    if (this.socket.connected) authenticate();
    return this;
  }

  /** Waits for the upgrade from polling to WebSocket. */
  async upgraded() {
    await eventually(() => this.transport === 'websocket', 'the upgrade to WebSocket');
  }

  close() {
    this.socket.close();
  }

  #add(event) {
    this.seen.push(event);
    const ready = this.#waiting.filter(({ matches }) => matches(event));
    this.#waiting = this.#waiting.filter((waiter) => !ready.includes(waiter));
    ready.forEach(({ resolve }) => resolve(event));
  }

  #coming(matches) {
    return new Promise((resolve) => this.#waiting.push({ matches, resolve }));
  }

  #told() {
    return this.seen.map(({ name, payload }) => `${name} ${payload instanceof Error ? payload.message : JSON.stringify(payload)}`).join(', ') || 'nothing';
  }
}

/** Opens clients and closes them at the end of the test: `const open = opener(t, server)`. */
export function opener(t, server) {
  return (options) => {
    const client = new Client(server, options);
    t.after(() => client.close());
    return client;
  };
}
