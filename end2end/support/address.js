// Calls from other addresses of this machine, which owns all of 127.0.0.0/8.
// Owns the agents and the requests that use them. Must not know the purpose of a request.

import { Agent, request } from 'node:http';

/** An agent whose connections come from an address. */
export function from(address) {
  return new Agent({ localAddress: address, keepAlive: true });
}

/** A GET from an address; returns the status. */
export function status(url, address, headers = {}) {
  return new Promise((resolve, reject) => {
    const asked = request(url, { localAddress: address, headers, agent: false }, (response) => {
      response.resume();
      response.once('end', () => resolve(response.statusCode));
    });
    asked.once('error', reject);
    asked.end();
  });
}
