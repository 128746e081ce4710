import { request } from 'undici';

const ANSWER_WITHIN_MS = 2_000;

/** Whether something answers HTTP on a port of this machine, with anything but an error of its own. */
export async function answers(port: number, signal: AbortSignal): Promise<boolean> {
  try {
    const response = await request(`http://127.0.0.1:${port}/`, {
      signal,
      // Not AbortSignal.timeout(): joined with other signals by any() it may be collected before it fires.
      headersTimeout: ANSWER_WITHIN_MS,
      bodyTimeout: ANSWER_WITHIN_MS,
      headers: { accept: 'text/html' },
    });
    await response.body.dump();
    return response.statusCode < 500;
  } catch {
    return false;
  }
}
