/** The share of a worker, in Python's own words: src/run/python/zerogpu_share.py under a torch of the test's. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';

const dir = resolve(import.meta.dirname, '../../../src/run/python');
const work = mkdtempSync(join(tmpdir(), 'share-hook-'));
afterAll(() => rmSync(work, { recursive: true, force: true }));

/** A card of 1000 bytes; CUDA starts in a fork, as in a worker. */
const SCRIPT = `
import json, os, sys
import torch
parent = list(torch.cuda.said)
reader, writer = os.pipe()
if os.fork() == 0:
    if sys.argv[1] != "-":
        with open(os.path.join(os.environ["ZEROGPU_VRAM_SHARE_DIR"], str(os.getpid())), "w") as file:
            file.write(sys.argv[1])
    for call in torch.cuda.queued:
        call()
    os.write(writer, json.dumps(torch.cuda.said).encode())
    os._exit(0)
os.wait()
print(json.dumps([parent, json.loads(os.read(reader, 1000))]))
`;
const TORCH = `
class Properties:
    total_memory = 1000
class cuda:
    queued, said = [], []
    _lazy_call = staticmethod(lambda call: cuda.queued.append(call))
    get_device_properties = staticmethod(lambda index: Properties)
    set_per_process_memory_fraction = staticmethod(lambda *args: cuda.said.append(args))
`;

function inWorker(share: string, written: string): unknown {
  writeFileSync(join(work, 'torch.py'), TORCH);
  const { stdout, stderr } = spawnSync('python3', ['-B', '-c', SCRIPT, written], {
    encoding: 'utf8',
    env: {
      PATH: process.env['PATH'],
      PYTHONPATH: `${dir}:${work}`,
      SPACES_ZERO_GPU: '1',
      ZEROGPU_VRAM_SHARE_BYTES: share,
      ZEROGPU_VRAM_SHARE_DIR: work,
    },
  });
  expect(stderr).toBe('');
  return JSON.parse(stdout);
}

describe('the share of device memory', () => {
  it('is set in the worker, where CUDA starts, and never in the app', () => {
    expect(inWorker('250', '-')).toEqual([[], [[0.25, 0]]]);
  });

  it('is what the allocator wrote down for this worker, where it did', () => {
    expect(inWorker('250', '500')).toEqual([[], [[0.5, 0]]]);
  });

  it('sets no limit when it is the whole card', () => {
    expect(inWorker('1000', '-')).toEqual([[], []]);
  });
});
