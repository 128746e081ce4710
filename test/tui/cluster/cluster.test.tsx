import { PassThrough, Readable } from 'node:stream';
import { cleanup, render } from 'ink-testing-library';
import { afterEach, describe, expect, it } from 'vitest';
import { clusterSnapshotSchema } from '../../../src/allocator/client/cluster-snapshot.js';
import { ClusterApp } from '../../../src/tui/cluster/app.js';
import { createClusterController } from '../../../src/tui/cluster/controller.js';
import { clusterQuota } from '../../../src/tui/cluster/index.js';
import type { RawQuotaOptions } from '../../../src/tui/options.js';
import { clusterNode, clusterSnapshot } from '../../support/tui/cluster.js';

const GONE = clusterNode('gpu-2', { state: 'gone', lastBeatAt: '2026-11-24T09:04:52Z' });
const CLUSTER = clusterSnapshot([clusterNode('gpu-1'), GONE]);

async function ask(raw: RawQuotaOptions, cluster = CLUSTER, env: Record<string, string> = {}) {
  let stdout = '';
  const interruption = new AbortController();
  const world = {
    env,
    stdin: Object.assign(Readable.from([]), { isTTY: false }),
    stdout: new PassThrough().on('data', (part) => {
      stdout += part;
      if (raw.watch !== undefined && stdout.split('\n').length > 2) interruption.abort('SIGINT');
    }),
    interrupted: interruption.signal,
  };
  const code = await clusterQuota(raw, world, async () => cluster);
  return { code, stdout };
}

describe('zerogpu quota --cluster without a terminal', () => {
  it('prints the quotas, and the slices and queues of the nodes', async () => {
    const { code, stdout } = await ask({ once: true });
    expect(code).toBe(0);
    const [quotas = '', nodes = ''] = stdout.split('\n\n');
    expect(quotas).toMatch(/^visitor\ttier\tused_s\tleft_s\tresets_at\npro:lin\tpro\t380\t1120\t/);
    const [head = [], ...rows] = nodes
      .trimEnd()
      .split('\n')
      .map((row) => row.split('\t'));
    expect(head).toEqual([
      'node',
      'state',
      'call',
      'function',
      'visitor',
      'asked_s',
      'for_s',
      'why',
    ]);
    expect(rows.every((row) => row.length === head.length)).toBe(true);
    expect(rows.filter(([node, state]) => node === 'gpu-1' && state === 'waiting')).toHaveLength(3);
    expect(rows.find(([, state]) => state === 'running')?.[4]).not.toBe('');
    expect(rows.at(-1)?.join(' ').replaceAll(/ +/g, ' ')).toBe(
      'gpu-2 gone last beat at 2026-11-24T09:04:52Z',
    );
  });

  it('prints one object, or one a line', async () => {
    const { stdout } = await ask({ json: true });
    expect(clusterSnapshotSchema.parse(JSON.parse(stdout))).toEqual(CLUSTER);
    const lines = (await ask({ watch: '0.1' })).stdout.trimEnd().split('\n');
    expect(lines.map((line) => JSON.parse(line).nodes.length)).toEqual([2, 2]);
  });

  it('prints lines for an agent, each node behind its name', async () => {
    const { stdout } = await ask({}, CLUSTER, { AI_AGENT: '1' });
    expect(stdout).toMatch(/^node gpu-1 ready last_beat_at=\S+ \| next: zerogpu nodes\nallocator /);
    expect(stdout).toMatch(/^node gpu-2 gone /m);
    expect(stdout.match(/^visitor pro:lin /gm)).toHaveLength(1);
  });

  it('exits with 3 for a cluster without nodes', async () => {
    expect((await ask({ json: true }, clusterSnapshot([], []))).code).toBe(3);
  });
});

describe('zerogpu quota --cluster on a terminal', () => {
  afterEach(cleanup);

  function show(screenReader = false) {
    const due: (() => void)[] = [];
    let answer = async () => clusterSnapshot([clusterNode('gpu-9')]);
    let left = 0;
    const controller = createClusterController({
      ...{ first: CLUSTER, rateSeconds: 1, read: () => answer() },
      clock: {
        after(_, callback) {
          due.push(callback);
          return { cancel: () => void due.splice(due.indexOf(callback), 1) };
        },
      },
      quit: () => {
        left += 1;
      },
    });
    const style = { ascii: false, colour: false, still: true, screenReader };
    const view = render(<ClusterApp controller={controller} style={style} />);
    return {
      frame: () => view.lastFrame() ?? '',
      shows: (text: string | RegExp) => expect.poll(() => view.lastFrame()).toMatch(text),
      due: () => due.length,
      tick: () => due.shift()?.(),
      fail: () => {
        answer = () => Promise.reject(new Error("the store can't be reached"));
      },
      press: (key: string) => view.stdin.write(key),
      left: () => left,
    };
  }

  it('reads again and again, and keeps the figures while the store is away', async () => {
    const { shows, tick, fail, due } = show();
    await shows('gpu-1 · GPU');
    tick();
    await shows('gpu-9 · GPU');
    fail();
    await expect.poll(due).toBe(1);
    tick();
    await shows(/no answer since .*, trying again/);
    await shows('gpu-9 · GPU');
    await expect.poll(due).toBe(1);
  });

  it('stands still while it is paused, and reads at once afterwards', async () => {
    const { shows, press, due, tick } = show();
    await shows('gpu-1');
    press('p');
    await shows('paused at');
    expect(due()).toBe(0);
    press('p');
    await expect.poll(due).toBe(1);
    tick();
    await shows('gpu-9');
  });

  it('explains its keys, and leaves', async () => {
    const { shows, press, left } = show();
    await shows('gpu-1');
    press('?');
    await shows('the page before, the next');
    press('q');
    await expect.poll(left).toBe(1);
  });

  it('says it in sentences to a screen reader', async () => {
    const { shows, frame } = show(true);
    await shows(/Node gpu-1: ready, \d of \d slices with a call, 3 waiting\./);
    expect(frame()).not.toContain('│');
  });
});
