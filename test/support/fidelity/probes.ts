/** The oracle's probes under zerogpu's hooks, and what they are compared with (docs/fidelity.md). */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import * as z from 'zod';
import { createMockBackend } from '../../../src/gpu/mock/index.js';
import { loadProfile } from '../../../src/platform/index.js';
import { appEnvironment } from '../../../src/run/app/app-environment.js';

const ROOT = resolve(import.meta.dirname, '../../..');
const FIDELITY = join(ROOT, 'test/fidelity');

const outcomeSchema = z.union([
  z.strictObject({ value: z.string() }),
  z.strictObject({ error: z.string(), message: z.string() }),
]);
const recordingSchema = z.strictObject({
  from: z.looseObject({ python: z.string(), torch: z.string(), spaces: z.string() }),
  outcomes: z.record(z.string(), outcomeSchema),
});
const knownDifferenceSchema = z.strictObject({
  reason: z.string().min(10),
  /** What fails on the platform works here, and nothing can be done about it: docs say so. */
  limit: z.literal(true).optional(),
});
const differencesSchema = z.record(z.string(), knownDifferenceSchema);

export type Outcome = z.infer<typeof outcomeSchema>;
export type KnownDifference = z.infer<typeof knownDifferenceSchema>;
export type Recording = z.infer<typeof recordingSchema>;

/** A probe that answers otherwise here than on the platform. */
export interface Difference {
  readonly probe: string;
  /** `kinder`: fails there and works here. The one kind that must not be. */
  readonly kind: 'kinder' | 'stricter' | 'other';
  readonly platform: string;
  readonly here: string;
}

/** The recordings in the repository, the oldest release of PyTorch first. */
export function recordings(): readonly Recording[] {
  const dir = join(FIDELITY, 'recordings');
  return readdirSync(dir)
    .map((file) => readRecording(join(dir, file)))
    .sort((a, b) => releaseNumber(a.from.torch) - releaseNumber(b.from.torch));
}

/**
 * What is recorded for a release of PyTorch: each probe as the newest release up to that one answered it, else
 * as the oldest did.
 */
export function recordingFor(torch: string): Recording {
  const [oldest, ...newer] = recordings();
  if (!oldest) throw new Error('test/fidelity/recordings is empty');
  const upTo = newer.filter(({ from }) => releaseNumber(from.torch) <= releaseNumber(torch));
  return {
    from: upTo.at(-1)?.from ?? oldest.from,
    outcomes: Object.assign({}, ...[oldest, ...upTo].map(({ outcomes }) => outcomes)),
  };
}

/** Differences that are known, each with its reason. */
export function knownDifferences(): Readonly<Record<string, KnownDifference>> {
  return differencesSchema.parse(
    JSON.parse(readFileSync(join(FIDELITY, 'differences.json'), 'utf8')),
  );
}

/**
 * Runs the probes in a main process as `zerogpu run` starts it: the same environment and hooks, from the
 * sources and not from dist.
 *
 * @param only a regular expression for the names of the probes; '' for all
 */
export function probeHere(python: string, only = ''): Recording {
  const dir = mkdtempSync(join(tmpdir(), 'zerogpu-fidelity-'));
  try {
    const offloadDir = join(dir, 'tensors');
    const cgroupFile = join(dir, 'cgroup');
    mkdirSync(offloadDir);
    writeFileSync(cgroupFile, '0::/zerogpu/fidelity\n');
    const profile = loadProfile('h200');
    const backend = createMockBackend({
      ...{ profile, gpu: 'mock', gpus: 1, slices: null, vramBytes: null, runDir: dir },
    });
    const env = appEnvironment({
      base: process.env,
      deviceApiUrl: 'http://127.0.0.1:9',
      cgroupFile,
      offloadDir,
      runDir: dir,
      runId: 'fidelity',
      python,
      upstreamPort: 0,
      publicHost: '127.0.0.1',
      spaceId: 'local/fidelity',
      pythonPath: [join(ROOT, 'src/run/python'), join(ROOT, 'src/gpu/mock')],
      backend: backend.environment(),
      debugFile: null,
      importsFile: null,
      login: {},
      variables: {},
    });
    // The port of the gateway's choice: each probe that launches takes a free one.
    delete env['GRADIO_SERVER_PORT'];
    const output = join(dir, 'outcomes.json');
    const script = join(FIDELITY, 'main_process.py');
    const result = spawnSync(python, ['-B', script, '--only', only, output], {
      env: { ...env, ZEROGPU_APP_PID: '0', PYTHONDONTWRITEBYTECODE: '1' },
      encoding: 'utf8',
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    if (result.status !== 0) throw new Error(result.stderr);
    return readRecording(output);
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

/** Where two recordings differ; probes that only one of them has are left out. */
export function compare(platform: Recording, here: Recording): readonly Difference[] {
  return Object.entries(platform.outcomes).flatMap(([probe, there]) => {
    const outcome = here.outcomes[probe];
    if (!outcome || outcomeText(outcome) === outcomeText(there)) return [];
    const kind = kindOf(there, outcome);
    return [{ probe, kind, platform: outcomeText(there), here: outcomeText(outcome) }];
  });
}

function kindOf(there: Outcome, here: Outcome): Difference['kind'] {
  if ('error' in there) return 'error' in here ? 'other' : 'kinder';
  return 'error' in here ? 'stricter' : 'other';
}

function outcomeText(outcome: Outcome): string {
  return 'error' in outcome ? `${outcome.error}: ${outcome.message}` : outcome.value;
}

function readRecording(file: string): Recording {
  return recordingSchema.parse(JSON.parse(readFileSync(file, 'utf8')));
}

/** `2.13.0+cpu` → 2013: enough to sort releases. */
function releaseNumber(version: string): number {
  const [major = 0, minor = 0] = version.split('.').map((part) => Number.parseInt(part, 10));
  return major * 1_000 + minor;
}
