/** `zerogpu estimate`: what a Space would take on the platform, without its weights and without a GPU. */
import { resolve } from 'node:path';
import type { Writable } from 'node:stream';
import { parseWord } from '../call/arguments.js';
import { loadProfile, profileNames } from '../platform/index.js';
import type { PlatformProfile } from '../platform/schema.js';
import { EXIT } from '../shared/errors.js';
import { interruptible } from '../shared/interruption.js';
import { printableLine } from '../shared/printable.js';
import { figuresOf } from './figures.js';
import { type Asked, type Observed, type ObserveWorld, observe, wantedMore } from './observe.js';
import { BASIS, type Estimated, estimateLines } from './report.js';

/** More than any model takes: what a call that does not fit would have needed. */
const BOUNDLESS_BYTES = 4e12;

/** `zerogpu estimate`, as the user wrote it. */
export interface RawEstimateOptions {
  readonly platform?: string;
  readonly python?: string;
  readonly json?: boolean;
}

export interface EstimateRequest extends RawEstimateOptions {
  readonly dir: string;
  readonly name: string | undefined;
  readonly words: readonly string[];
}

export interface EstimateWorld {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  readonly stdout: Writable;
  readonly stderr: Writable;
  readonly interrupted: AbortSignal;
}

/**
 * Runs the Space on the weightless device of each platform and calls its endpoints.
 *
 * @returns the exit code: 0 when everything fits, 1 when something does not or could not be estimated
 * @throws UserError for wrong use, and for a Space that does not start
 */
export async function estimate(request: EstimateRequest, world: EstimateWorld): Promise<number> {
  const words = request.words.map((word) => parseWord(word, false));
  const names = request.platform === undefined ? profileNames : [request.platform];
  const profiles = names.map((name) => loadProfile(name));
  const say = (text: string) => void world.stderr.write(text);
  const observer: ObserveWorld = { ...world, say };
  return interruptible(world.interrupted, async () => {
    const all: Estimated[] = [];
    for (const profile of profiles) {
      say(`${profile.name}: the Space starts without its weights\n`);
      const asked: Asked = {
        dir: resolve(world.cwd, request.dir),
        endpoint: request.name ?? null,
        ...{ words, profile, python: request.python ?? null, vramBytes: null },
      };
      const estimated = await estimateOn(asked, observer);
      all.push(...estimated);
      if (request.json) continue;
      for (const one of estimated) print(one, profile, world.stdout);
    }
    if (request.json) {
      const document = { version: 1, estimated: true, basis: BASIS, estimates: all };
      world.stdout.write(`${JSON.stringify(document, null, 2)}\n`);
    }
    return all.every(isFine) ? EXIT.ok : EXIT.failed;
  });
}

async function estimateOn(asked: Asked, world: ObserveWorld): Promise<readonly Estimated[]> {
  let observed = await observe(asked, world);
  if (wantedMore(observed)) {
    world.say('  out of memory: once more with as much as it takes\n');
    observed = await observe({ ...asked, vramBytes: BOUNDLESS_BYTES }, world);
  }
  return observed.map((seen) => estimatedOf(seen, asked.profile));
}

function estimatedOf(seen: Observed, profile: PlatformProfile): Estimated {
  const { endpoint, assumed, failure, records } = seen;
  return {
    ...{ platform: profile.name, endpoint, assumed, failure },
    figures: records.length === 0 ? null : figuresOf(seen, profile),
  };
}

function print(one: Estimated, profile: PlatformProfile, stdout: Writable): void {
  for (const line of estimateLines(one, profile)) stdout.write(`${printableLine(line)}\n`);
  stdout.write('\n');
}

const isFine = ({ figures, failure }: Estimated) =>
  figures === null ? failure === null : ['FITS', 'TIGHT'].includes(figures.verdict);
