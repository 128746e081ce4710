import { describe, expect, it } from 'vitest';
import { loadProfile } from '../../../src/platform/index.js';
import { createPromiseCheck } from '../../../src/run/console/promised-minutes.js';

// spaces 0.51.3, spaces/zero/client.py, as a client without a browser reads it.
const QUOTA =
  'ZeroGPU quota exceeded: You have exceeded your free ZeroGPU quota (60s requested vs. 3s left). Try again in 1:00:00. Subscribe to Hugging Face PRO to get 40 min of ZeroGPU quota a day - https://huggingface.co/subscribe/pro?from=ZeroGPU';
const DURATION =
  'ZeroGPU illegal duration: The requested GPU duration (600s) is larger than the maximum allowedSubscribe to Hugging Face PRO to allow GPU tasks up to 40 min - https://huggingface.co/subscribe/pro?from=ZeroGPU';

function check(platform: string, messages: readonly string[]): readonly string[] {
  const said: string[] = [];
  const look = createPromiseCheck(loadProfile(platform), (sentence) => said.push(sentence));
  for (const message of messages) look(message);
  return said;
}

describe('minutes that the package promises', () => {
  it.each([QUOTA, DURATION])('are compared with the platform’s: %s', (message) => {
    expect(check('h200', [message])).toEqual([
      'spaces promises PRO 40 min in these words, on every platform; PRO has 25 min on h200 (2025-11-05)',
    ]);
  });

  it('are spoken of once', () => {
    expect(check('h200', [QUOTA, DURATION, QUOTA])).toHaveLength(1);
  });

  it('are right on the newest edition, and absent from most messages', () => {
    expect(check('rtx-pro-6000', [QUOTA, DURATION])).toEqual([]);
    expect(
      check('h200', ['ZeroGPU worker error: GPU task aborted', 'PRO to get a coffee']),
    ).toEqual([]);
  });
});
