// The epoch in the server's messages: tests check that it is present, not its value.

import assert from 'node:assert/strict';

/** The members of `authenticated` except the epoch. */
export function besidesEpoch({ epoch, ...rest }) {
  assert.match(epoch, /^[0-9a-f]{32}$/);
  return rest;
}
