import { request } from 'undici';

const LOOK_EVERY_MS = 100;
const ANSWER_WITHIN_MS = 2_000;

/**
 * Waits until something answers HTTP on one of the ports.
 *
 * @param candidatePorts asked anew each time: an app may choose its own port
 * @returns the port that answered, or null when `signal` was aborted first
 */
export async function waitUntilAnswering(
  candidatePorts: () => readonly number[],
  signal: AbortSignal,
): Promise<number | null> {
  while (!signal.aborted) {
    for (const port of candidatePorts()) {
      if (await answers(port, signal)) return port;
    }
    await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
  }
  return null;
}

async function answers(port: number, signal: AbortSignal): Promise<boolean> {
  try {
    const response = await request(`http://127.0.0.1:${port}/`, {
      signal: AbortSignal.any([signal, AbortSignal.timeout(ANSWER_WITHIN_MS)]),
      headers: { accept: 'text/html' },
    });
    await response.body.dump();
    return response.statusCode < 500;
  } catch {
    return false;
  }
}
