// The epoch in what the server sends: a test knows that it is there, and not which one it is.

import assert from 'node:assert/strict';

/** What `authenticated` says besides the epoch. */
export function besidesEpoch({ epoch, ...rest }) {
  assert.match(epoch, /^[0-9a-f]{32}$/);
  return rest;
}
