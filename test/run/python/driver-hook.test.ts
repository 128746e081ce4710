/** The driver's folder as the `spaces` package reads it: src/run/python/zerogpu_driver.py. */
import { spawnSync } from 'node:child_process';
import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { writeDriverFiles } from '../../../src/gpu/mock/driver-files.js';
import { PYTHON, temporaryFolder } from '../../support/supervise.js';

const RUNTIME = resolve(import.meta.dirname, '../../../src/run/python');

// As spaces 0.51.3, spaces/zero/config.py, and by glob.
const SCRIPT = `
import json
from pathlib import Path
gpus = Path("/proc/driver/nvidia/gpus")
texts = [(card / "information").read_text() for card in gpus.iterdir() if (card / "information").is_file()]
print(json.dumps([
    [line.split("Model:")[1].strip() for text in texts for line in text.splitlines() if line.startswith("Model:")],
    len(list(gpus.glob("*/information"))), gpus.exists(), gpus.is_dir(), Path("/proc/driver").exists() is not None,
]))
`;

function read(gpus: string): unknown {
  const { stdout, stderr } = spawnSync(PYTHON, ['-B', '-c', SCRIPT], {
    encoding: 'utf8',
    env: {
      PATH: process.env['PATH'],
      PYTHONPATH: RUNTIME,
      SPACES_ZERO_GPU: '1',
      ZEROGPU_DRIVER_GPUS_DIR: gpus,
    },
  });
  expect(stderr).toBe('');
  return JSON.parse(stdout);
}

describe('the driver’s folder', () => {
  it('shows the card of the platform', () => {
    const gpus = writeDriverFiles(temporaryFolder(), 'NVIDIA H200', 'GPU-1');
    expect(read(gpus)).toEqual([['NVIDIA H200'], 1, true, true, true]);
  });
});
