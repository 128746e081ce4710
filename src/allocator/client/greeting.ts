/**
 * Who answers at an allocator's address is asked to prove that it knows the state folder's secret, before
 * anything is sent there: the port of an allocator that has ended may be another user's by now.
 */
import { randomBytes } from 'node:crypto';
import * as z from 'zod';
import { ask } from './http.js';
import { isProof, signedFor } from './secret.js';

const greeting = z.object({ instance: z.string(), proof: z.string() });

/**
 * @returns the headers for one request
 * @throws Error when nothing answers in time, or something that does not know the secret
 */
export async function greet(
  url: string,
  secret: string,
  withinMs: number,
): Promise<Readonly<Record<string, string>>> {
  const nonce = randomBytes(16).toString('hex');
  const target = new URL(`/control/v1/hello?nonce=${nonce}`, url);
  const { status, text } = await ask(target, { method: 'GET', headers: {} }, withinMs);
  const answer = greeting.safeParse(status === 200 ? parse(text) : null);
  const { instance, proof } = answer.success ? answer.data : { instance: '', proof: '' };
  if (!isProof(proof, secret, 'hello', nonce, instance)) {
    throw new Error(
      'another program answers there: it does not know the secret of the state folder',
    );
  }
  return { authorization: signedFor(secret, instance) };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
