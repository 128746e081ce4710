/** The main process has no GPU, as on the platform: the oracle's probes, held against its recording. */
import { beforeAll, describe, expect, it } from 'vitest';
import { testPython } from '../support/e2e/space.js';
import {
  compare,
  type Difference,
  knownDifferences,
  probeHere,
  type Recording,
  recordingFor,
  recordings,
} from '../support/fidelity/probes.js';

/** A regular expression for the names of the probes that are asked. */
const only = process.env['ZEROGPU_PROBES'] ?? '';

describe('the main process answers the oracle’s probes as the platform does', () => {
  let here: Recording;
  let differences: readonly Difference[];
  const known = knownDifferences();

  beforeAll(() => {
    here = probeHere(testPython(), only);
    differences = compare(recordingFor(here.from.torch), here);
  }, 900_000);

  it('asks enough of them', () => {
    if (only === '') expect(Object.keys(here.outcomes).length).toBeGreaterThan(395);
  });

  it.each(recordings().map((recording) => [recording.from.torch, recording] as const))(
    'as recorded with PyTorch %s, but where PyTorch itself has changed',
    (_, recording) => {
      const newest = recordingFor(here.from.torch);
      const changed = new Set(compare(recording, newest).map(({ probe }) => probe));
      const unexplained = compare(recording, here).filter(
        ({ probe }) => !(probe in known || changed.has(probe)),
      );
      expect(unexplained).toEqual([]);
      if (only === '') expect(Object.keys(recording.outcomes).length).toBeGreaterThan(395);
      expect(changed.size).toBeLessThan(20);
    },
  );

  it('differs only where a reason is written down', () => {
    expect(differences.filter(({ probe }) => !(probe in known))).toEqual([]);
  });

  it('is kinder than the platform only where that is marked as a limit', () => {
    const kinder = differences.filter(({ kind }) => kind === 'kinder');
    expect(kinder.filter(({ probe }) => known[probe]?.limit !== true)).toEqual([]);
    const marked = Object.keys(known).filter(
      (probe) => known[probe]?.limit && probe in here.outcomes,
    );
    expect(marked.filter((probe) => !kinder.some((one) => one.probe === probe))).toEqual([]);
  });

  it('has no reason for what does not differ any more', () => {
    // The reasons are those of a CPU build: a CUDA build has NCCL, cuFFT and cuSOLVER.
    if (!here.from.torch.endsWith('+cpu')) return;
    const differing = new Set(differences.map(({ probe }) => probe));
    const asked = (probe: string) => probe in here.outcomes;
    expect(Object.keys(known).filter((probe) => asked(probe) && !differing.has(probe))).toEqual([]);
  });
});
