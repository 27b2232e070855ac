// Signatures and tokens, made with Node's cryptography: no code is shared with the server.
// Owns the secrets of test servers.

import { createHmac, randomUUID } from 'node:crypto';

export const secrets = {
  jwt: 'a-jwt-secret-for-end-to-end-tests',
  service: 'a-service-secret-for-end-to-end-tests',
  basiq: `whsec_${Buffer.from('the key of the end-to-end tests!').toString('base64')}`,
  apideck: 'an-apideck-secret-for-end-to-end-tests',
};

const base64url = (value) => Buffer.from(JSON.stringify(value)).toString('base64url');
const hmac = (key, text) => createHmac('sha256', key).update(text);

/** A JWT for a user, HS256. */
export function token(userId, { seconds = 3600, secret = secrets.jwt } = {}) {
  const now = Math.floor(Date.now() / 1000);
  const signed = `${base64url({ alg: 'HS256', typ: 'JWT' })}.${base64url({ userId, iat: now, exp: now + seconds })}`;
  return `${signed}.${hmac(secret, signed).digest('base64url')}`;
}

/** The headers of Standard Webhooks, as Basiq sends them. */
export function standardWebhook(body, { id = `msg_${randomUUID()}`, at = Date.now(), secret = secrets.basiq } = {}) {
  const timestamp = String(Math.floor(at / 1000));
  const key = Buffer.from(secret.replace(/^whsec_/, ''), 'base64');
  const signature = hmac(key, `${id}.${timestamp}.${body}`).digest('base64');
  return { 'webhook-id': id, 'webhook-timestamp': timestamp, 'webhook-signature': `v1,${signature}` };
}

/** The header of the original guide for Basiq. */
export function basiqGuide(body, secret = secrets.basiq) {
  return { 'x-basiq-signature': `sha256=${hmac(secret, body).digest('hex')}` };
}

/** Apideck's header. */
export function apideck(body, secret = secrets.apideck) {
  return { 'x-apideck-signature': hmac(secret, body).digest('hex') };
}
