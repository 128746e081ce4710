/** The app's main process has no GPU; what goes wrong there silently is in the log. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fixture, type StartedRun, startRun } from '../support/e2e/space.js';
import { startVisitors, type Visitors } from '../support/e2e/visitors.js';

const REFUSED = /^RuntimeError: Low-level CUDA init \(`torch\._C\._cuda_init`\) reached/;

/** The place of a line of the app, as the log has it. */
function placeOf(text: string): string {
  const lines = readFileSync(join(fixture('main-process'), 'app.py'), 'utf8').split('\n');
  return `zerogpu: app.py:${lines.findIndex((line) => line.includes(text)) + 1}: silently wrong: `;
}

describe('a Space that uses CUDA outside of GPU functions', () => {
  let run: StartedRun;
  let visitors: Visitors;
  beforeAll(async () => {
    visitors = startVisitors();
    run = await startRun(fixture('main-process'));
  });
  afterAll(async () => {
    visitors?.close();
    await run?.stop();
  });

  const silent = () =>
    run.events
      .filter(({ event }) => event === 'app')
      .map(({ line }) => String(line))
      .filter((line) => line.includes('silently wrong'));

  it('has its device in the worker, with what was packed and seeded', async () => {
    const { value } = await visitors.call(run.url, '/worker', [], { token: 'pro' });
    expect(value).toEqual(['cuda:0', 6, expect.any(Number)]);
  });

  it('fails in handlers and threads as on the platform, and reads zeros', async () => {
    const { value } = await visitors.call(run.url, '/handler', [], { token: 'pro' });
    expect(value).toEqual({
      late: expect.stringMatching(REFUSED),
      moves: expect.stringMatching(REFUSED),
      makes: expect.stringMatching(REFUSED),
      stream: expect.stringMatching(/Error: CUDA error: CUDA driver version is insufficient/),
      available: 'True',
      reads: '[0.0, 0.0, 0.0]',
      computes: '0.0',
    });
    expect(silent()).toEqual([
      expect.stringContaining(`${placeOf('weight.tolist()')}a CUDA tensor was read outside`),
      expect.stringContaining(`${placeOf('net(torch.ones(1, 3))')}a CUDA tensor was read outside`),
    ]);
  });

  it('has what one GPU function sets in its worker alone, and names both lines once', async () => {
    await visitors.call(run.url, '/set_style', ['pop'], { token: 'pro' });
    for (const _ of [1, 2]) {
      const { value } = await visitors.call(run.url, '/use_style', [], { token: 'pro' });
      expect(value).toEqual(['plain', 3]);
    }
    const unseen = () => silent().filter((line) => line.includes('set_style sets'));
    await expect.poll(unseen).toHaveLength(2);
    expect(unseen()[0]).toContain(placeOf('net.load_state_dict('));
    expect(unseen()[1]).toContain(placeOf('style["name"] = name'));
    expect(unseen()).toEqual([
      expect.stringMatching(/set_style sets `net`, and handler reads it in the app's process/),
      expect.stringMatching(
        /set_style sets `style\['name'\]`, and use_style reads it in another worker/,
      ),
    ]);
  });

  it('sets a choice that warm workers never see, and names the line once', async () => {
    const ask = async (endpoint: string, ...args: readonly string[]) =>
      (await visitors.call(run.url, endpoint, args, { token: 'pro' })).value;
    expect(await ask('/show_choice')).toEqual(['first']);
    await ask('/choose', 'second');
    for (const _ of [1, 2]) expect(await ask('/show_choice')).toEqual(['first']);
    // A worker that is forked now has it, and keeps it.
    expect(await ask('/stream_choice')).toEqual(['second']);
    await ask('/choose', 'third');
    expect(await ask('/stream_choice')).toEqual(['second']);
    const unseen = () => silent().filter((line) => line.includes('choose sets `choice`'));
    await expect.poll(unseen).toHaveLength(1);
    expect(unseen()[0]).toContain(placeOf('choice = text'));
    expect(unseen()[0]).toMatch(/show_choice reads it .* in a worker that was there before/);
  });

  it('sends a module without its weights, and names the line once', async () => {
    for (const _ of [1, 2]) {
      const { value } = await visitors.call(run.url, '/passes', [], { token: 'pro' });
      expect(value).toBe(0);
    }
    expect(silent().filter((line) => line.includes('passed to a GPU function'))).toEqual([
      expect.stringContaining(placeOf('return with_argument(net)')),
    ]);
  });
});

it('a Space that asks for CUDA before it imports spaces does not start', async () => {
  await expect(startRun(fixture('asks-cuda-first'))).rejects.toThrow(
    /CUDA has been initialized before importing the `spaces` package/,
  );
});
