/** Tokens that somebody else has made: of a visitor, and of the state folder. */
import { createHmac, randomBytes } from 'node:crypto';
import { SignJWT } from 'jose';
import { expect, it } from 'vitest';
import { deriveKey, isBearer } from '../../src/allocator/client/secret.js';
import type { Visitor } from '../../src/allocator/core/types.js';
import { createVisitorTokens } from '../../src/allocator/server/visitor-tokens.js';
import type { Clock } from '../../src/shared/clock.js';

const SECRET = 'a'.repeat(64);
const KEY = deriveKey(SECRET, 'visitor-tokens');
const LIN: Visitor = { key: 'pro:lin', tier: 'pro', hasToken: true };
const NOW_MS = Date.UTC(2026, 10, 24);

const clockAt = (wallMs: number): Clock => ({
  now: () => ({ wallMs, monotonicMs: wallMs }),
  after: () => ({ cancel() {} }),
});
const tokens = createVisitorTokens(KEY, clockAt(NOW_MS));
const encoded = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');

function signed(header: object, payload: object, key: Uint8Array, hash = 'sha256'): string {
  const text = `${encoded(header)}.${encoded(payload)}`;
  return `${text}.${createHmac(hash, key).update(text).digest('base64url')}`;
}

const HEADER = { alg: 'HS256', typ: 'JWT' };
const PAYLOAD = { tier: 'pro', iss: 'zerogpu', sub: 'pro:lin', exp: NOW_MS / 1000 + 60 };

it('of a visitor counts when we signed it, and then alone', async () => {
  expect(await tokens.verify(await tokens.sign(LIN))).toEqual({ status: 'valid', visitor: LIN });
  expect(await tokens.verify(signed(HEADER, PAYLOAD, KEY))).toMatchObject({ status: 'valid' });
  const [head = '', body = '', mark = ''] = (await tokens.sign(LIN)).split('.');
  const forged: Record<string, string> = {
    'alg none': `${encoded({ alg: 'none' })}.${body}.`,
    'alg none, signed': `${encoded({ alg: 'none' })}.${body}.${mark}`,
    'alg None': `${encoded({ alg: 'None' })}.${body}.`,
    'no signature': `${head}.${body}.`,
    'no third part': `${head}.${body}`,
    'another key': signed(HEADER, PAYLOAD, randomBytes(32)),
    'an empty key': signed(HEADER, PAYLOAD, new Uint8Array(1)),
    'another state folder': signed(HEADER, PAYLOAD, deriveKey('b'.repeat(64), 'visitor-tokens')),
    'another purpose': signed(HEADER, PAYLOAD, deriveKey(SECRET, 'something else')),
    'the secret itself': signed(HEADER, PAYLOAD, Buffer.from(SECRET, 'hex')),
    'another algorithm': signed({ alg: 'HS512' }, PAYLOAD, KEY, 'sha512'),
    'a critical extension': signed({ ...HEADER, crit: ['x'], x: 1 }, PAYLOAD, KEY),
    'another issuer': signed(HEADER, { ...PAYLOAD, iss: 'huggingface' }, KEY),
    'no issuer': signed(HEADER, { ...PAYLOAD, iss: undefined }, KEY),
    'another tier': signed(HEADER, { ...PAYLOAD, tier: 'owner' }, KEY),
    nobody: signed(HEADER, { ...PAYLOAD, sub: '' }, KEY),
    'not yet': signed(HEADER, { ...PAYLOAD, nbf: NOW_MS / 1000 + 3_600 }, KEY),
    'another body': `${head}.${encoded({ ...PAYLOAD, sub: 'pro:eve' })}.${mark}`,
    nothing: '',
    dots: '..',
    text: 'not a token',
  };
  for (const [what, token] of Object.entries(forged)) {
    expect(await tokens.verify(token), what).toEqual({ status: 'forged' });
  }
});

it('of a visitor is over when its time is, by our clock, also after it was looked at before', async () => {
  const token = await tokens.sign(LIN);
  let nowMs = NOW_MS;
  const moving = createVisitorTokens(KEY, {
    ...clockAt(0),
    now: () => ({ wallMs: nowMs, monotonicMs: 0 }),
  });
  expect(await moving.verify(token)).toMatchObject({ status: 'valid' });
  nowMs += 3_601_000;
  expect(await moving.verify(token)).toEqual({ status: 'expired', visitor: LIN });
  // A clock that is an hour behind takes it; it was ours all the same.
  expect(await createVisitorTokens(KEY, clockAt(NOW_MS - 3_600_000)).verify(token)).toMatchObject({
    visitor: LIN,
  });
  const past = new SignJWT({ tier: 'pro' }).setProtectedHeader(HEADER).setIssuer('zerogpu');
  const expired = await past
    .setSubject('pro:lin')
    .setExpirationTime(NOW_MS / 1000 - 1)
    .sign(KEY);
  expect(await tokens.verify(expired)).toMatchObject({ status: 'expired' });
});

it('of the state folder is taken whole, and nothing that is nearly it', () => {
  expect(isBearer(`Bearer ${SECRET}`, SECRET)).toBe(true);
  const near = [
    undefined,
    '',
    'Bearer',
    'Bearer ',
    SECRET,
    `bearer ${SECRET}`,
    `Bearer  ${SECRET}`,
  ];
  const odd = [
    `Bearer ${SECRET} `,
    `Bearer ${SECRET}\0`,
    `Bearer ${SECRET.slice(1)}`,
    `Basic ${SECRET}`,
  ];
  for (const header of [...near, ...odd, `Bearer ${SECRET},Bearer x`, `Bearer ${SECRET}a`]) {
    expect(isBearer(header, SECRET), header).toBe(false);
  }
  for (let guess = 0; guess < 10_000; guess += 1) {
    expect(isBearer(`Bearer ${randomBytes(32).toString('hex')}`, SECRET)).toBe(false);
  }
});
