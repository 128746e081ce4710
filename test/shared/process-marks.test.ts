/** Marks of real processes: they stay on what leaves its parents, its session and its environment. */
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { ProcessId } from '../../src/shared/host.js';
import { descendantsOfWorkers, processesOfRun, runMark } from '../../src/shared/process-marks.js';
import { identifyProcess, killProcessTree } from '../../src/shared/process-table.js';
import { PYTHON } from '../support/supervise.js';

const RUNTIME = new URL('../../src/run/python', import.meta.url).pathname;

/** Forks a worker as `spaces` does, which leaves a daemon behind and prints both pids. */
const APP = `
import os, sys, resource, subprocess, time
sys.path.insert(0, ${JSON.stringify(RUNTIME)})
mark = int(sys.argv[1])
resource.setrlimit(10, (mark, mark))
import zerogpu_workers
zerogpu_workers.mark_workers()
if os.fork() == 0:
    reader, writer = os.pipe()
    if os.fork() == 0:
        os.setsid()
        daemon = subprocess.Popen(["sleep", "600"], env={}, start_new_session=True)
        os.write(writer, str(daemon.pid).encode())
        os._exit(0)
    print(os.getpid(), int(os.read(reader, 20)), flush=True)
    time.sleep(600)
time.sleep(600)
`;

async function started(runId: string) {
  const child = spawn(PYTHON, ['-c', APP, String(runMark(runId))], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  onTestFinished(() => {
    for (const left of processesOfRun(runId)) killProcessTree(left);
    child.kill('SIGKILL');
  });
  let text = '';
  child.stdout.on('data', (part) => {
    text += part;
  });
  await expect.poll(() => text).toMatch(/^\d+ \d+\n/);
  const [worker = 0, daemon = 0] = text.split(/\s/).map(Number);
  return { app: child.pid ?? 0, worker: identifyProcess(worker) as ProcessId, daemon };
}

const newRun = () => randomBytes(8).toString('hex');
const pids = (processes: readonly ProcessId[] | undefined) =>
  (processes ?? []).map(({ pid }) => pid).sort((a, b) => a - b);

describe('the mark of a run', () => {
  it('is on its app, its workers and the daemons of those, and on no process of another run', async () => {
    const runId = newRun();
    const { app, worker, daemon } = await started(runId);
    expect(pids(processesOfRun(runId))).toEqual([app, worker.pid, daemon].sort((a, b) => a - b));
    expect(processesOfRun(newRun())).toEqual([]);
  });

  it('names the worker, also when that is gone and its daemon has an empty environment', async () => {
    const runId = newRun();
    const { worker, daemon } = await started(runId);
    expect(pids(descendantsOfWorkers([worker]).get(worker))).toEqual([daemon]);
    process.kill(worker.pid, 'SIGKILL');
    expect(pids(descendantsOfWorkers([worker]).get(worker))).toEqual([daemon]);
    const another = { pid: worker.pid, startTime: worker.startTime + 1_000_000 };
    expect(pids(descendantsOfWorkers([another]).get(another))).toEqual([]);
  });

  it('fits into the 63 bits that every kernel takes, whatever the id', () => {
    for (const id of ['0000000000000000', 'ffffffffffffffff', newRun()]) {
      expect(runMark(id)).toBeGreaterThan(0n);
      expect(runMark(id)).toBeLessThan(2n ** 63n);
    }
  });
});
