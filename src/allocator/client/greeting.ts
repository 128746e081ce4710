/**
 * Who answers at an allocator's address is asked to prove that it knows the state folder's secret, before
 * anything is sent there: the port of an allocator that has ended may be another user's by now. The proof
 * names the address at which it is given, so that a program at another one can't pass it on as its own.
 */
import { randomBytes } from 'node:crypto';
import { ask } from './http.js';
import { CONTROL, pathOf } from './protocol.js';
import { isProof, proofOf, signedFor } from './secret.js';

/** A question that only an allocator of the same state folder can answer. */
export interface Challenge {
  /** Path and query of the request. */
  readonly path: string;
  /**
   * @param peer address and port that answered, as the socket has them
   * @returns the instance that has proved itself
   * @throws Error when it does not know the secret
   */
  readonly instanceIn: (status: number, text: string, peer: string) => string;
}

export function challenge(secret: string): Challenge {
  const nonce = randomBytes(16).toString('hex');
  return {
    path: pathOf(CONTROL.hello, { nonce }),
    instanceIn(status, text, peer) {
      const answer = CONTROL.hello.answer.safeParse(status === 200 ? parse(text) : null);
      const { instance, proof } = answer.success ? answer.data : { instance: '', proof: '' };
      if (isProof(proof, secret, 'hello', nonce, instance, peer)) return instance;
      throw new Error(
        'another program answers there: it does not know the secret of the state folder',
      );
    },
  };
}

/** @param own address and port at which it is given */
export function helloProof(secret: string, nonce: string, instance: string, own: string): string {
  return proofOf(secret, 'hello', nonce, instance, own);
}

/**
 * @returns the headers for one request
 * @throws Error when nothing answers in time, or something that does not know the secret
 */
export async function greet(
  url: string,
  secret: string,
  withinMs: number,
): Promise<Readonly<Record<string, string>>> {
  const { path, instanceIn } = challenge(secret);
  const request = { method: 'GET', headers: {} } as const;
  const { status, text, peer } = await ask(new URL(path, url), request, withinMs);
  return { authorization: signedFor(secret, instanceIn(status, text, peer)) };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
