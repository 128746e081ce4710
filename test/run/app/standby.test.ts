/** The process of the next app, for real, with a script in the place of the app that waits at its channel. */
import { randomBytes } from 'node:crypto';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { expect, it, onTestFinished } from 'vitest';
import type { AppProcessOptions } from '../../../src/run/app/app-process.js';
import { createStandby } from '../../../src/run/app/standby.js';
import { processesOfRun, runMark } from '../../../src/shared/process-marks.js';
import { killProcessTree } from '../../../src/shared/process-table.js';
import { PYTHON, SUPERVISOR, temporaryFolder } from '../../support/supervise.js';

const WAITS = `import json, os
channel = int(os.environ["ZEROGPU_STANDBY"])
for name in ("datasets", "datasets"):
    os.write(channel, json.dumps({"leftOut": name, "why": "it starts a thread"}).encode() + b"\\n")
print("wanted" if os.read(channel, 1) else "not wanted", flush=True)
`;

function standbyOf(script: string) {
  const runId = randomBytes(8).toString('hex');
  const cwd = temporaryFolder();
  const appFile = join(cwd, 'app.py');
  const notes = join(cwd, 'imports.jsonl');
  writeFileSync(appFile, script);
  const said: string[] = [];
  const lines: string[] = [];
  const launch: AppProcessOptions = {
    ...{ python: PYTHON, supervisor: SUPERVISOR, appFile, cwd, mark: runMark(runId) },
    env: { PATH: process.env['PATH'] ?? '' },
    onLine: (line) => lines.push(line),
    hide: (line) => line,
    sink: new PassThrough(),
  };
  const standby = createStandby(notes, {
    progress: (line) => said.push(line),
    warn: (line) => said.push(`warning: ${line}`),
  });
  onTestFinished(async () => {
    await standby.stop();
    for (const left of processesOfRun(runId)) killProcessTree(left);
  });
  return { standby, launch, lines, said, notes, runId };
}

it('begins when it is wanted, and what is left out is said once', async () => {
  const { standby, launch, lines, said, notes } = standbyOf(WAITS);
  writeFileSync(notes, '');
  await standby.renew(launch, true);
  expect(existsSync(`${notes}.last`)).toBe(true);
  const root = standby.root;
  await expect
    .poll(() => said)
    .toEqual(['datasets is imported at each restart: it starts a thread']);
  const app = standby.take({ ...launch });
  expect(app?.root).toEqual(root);
  expect(await app?.exited).toEqual({ code: 0, signal: null });
  expect(lines).toEqual(['wanted']);
  expect([standby.root, standby.take(launch)]).toEqual([null, null]);
});

it('is not used for a start with other variables, and nothing of it is left', async () => {
  const { standby, launch, notes, runId } = standbyOf(WAITS);
  writeFileSync(notes, '');
  await standby.renew(launch, true);
  expect(standby.take({ ...launch, env: { ...launch.env, NEW: '1' } })).toBeNull();
  await expect.poll(() => processesOfRun(runId)).toEqual([]);
});

it('does not start before an app has come up, nor after the end', async () => {
  const { standby, launch, notes, runId } = standbyOf(WAITS);
  await standby.renew(launch, false);
  expect(standby.root).toBeNull();
  writeFileSync(notes, '');
  await standby.renew(launch, true);
  await standby.stop();
  await standby.renew(launch, true);
  expect([standby.root, processesOfRun(runId)]).toEqual([null, []]);
});

it('is given up when it ends by itself twice, with one warning', async () => {
  const { standby, launch, said, notes } = standbyOf('import sys\nsys.exit(3)\n');
  writeFileSync(notes, '');
  for (let round = 0; round < 4; round += 1) {
    await standby.renew(launch, true);
    await expect.poll(() => standby.root).toBeNull();
  }
  expect(said).toEqual([
    'warning: the process that imports packages ahead has ended (code 3): restarts take as long as the first start',
  ]);
});
