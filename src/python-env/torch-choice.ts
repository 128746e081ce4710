/** Which PyTorch an environment gets: pure, from what the Space asks, the platform has and the index offers. */
import { compare, satisfies } from '@renovatebot/pep440';
import type { Requirement } from '../space/index.js';
import { DEFAULT_TORCH, OLDEST_TORCH } from './known-versions.js';

/** A PyTorch whose release the Space leaves open. */
export interface TorchWish {
  /** Releases of the platform that the Space admits, newest first; at least one. */
  readonly listed: readonly string[];
  /** The Space's own words, `>=2.4`; empty without any. */
  readonly specifier: string;
  /** Whether zerogpu asks for PyTorch itself, or narrows what the Space's own line asks for. */
  readonly as: 'requirement' | 'constraint';
  /** The Space pins the listed release, and another will do (`--torch nearest`). */
  readonly nearest?: boolean;
}

/** What can be installed on one Python. */
export interface TorchBuilds {
  /** Releases that have a CPU build, and the installer that gets it. */
  readonly cpu: readonly { readonly release: string; readonly by: 'uv' | 'pip' }[];
  /** Releases that bring CUDA libraries. */
  readonly cuda: readonly string[];
}

/** Whether somebody agrees to gigabytes: can be asked, has said yes beforehand, or neither. */
export type Consent = 'ask' | 'yes' | 'no';

/** One way to get PyTorch. */
export interface TorchOption {
  readonly release: string;
  readonly build: 'cpu' | 'cuda';
  /** Null where either may try. */
  readonly by: 'uv' | 'pip' | null;
  /** Why it is not the newest release of the platform, for the banner; null when it is. */
  readonly why: string | null;
}

/**
 * What a Space leaves open of PyTorch.
 *
 * @param platform the platform's releases, in any order
 * @returns null when its requirements decide, or admit none of these releases
 */
export function torchWish(
  torch: Requirement | undefined,
  platform: readonly string[],
): TorchWish | null {
  if (torch && (torch.pin !== null || torch.url !== null)) return null;
  const specifier = torch?.specifier ?? '';
  const listed = [...platform]
    .sort(compare)
    .reverse()
    .filter((release) => specifier === '' || satisfies(release, specifier));
  if (listed.length === 0) return null;
  return { listed, specifier, as: torch ? 'constraint' : 'requirement' };
}

/** The release that the Space pins, where another will do; null when it pins none. */
export function nearestWish(torch: Requirement | undefined): TorchWish | null {
  const pinned = torch?.pin?.split('+', 1)[0];
  return pinned === undefined
    ? null
    : { listed: [pinned], specifier: '', as: 'requirement', nearest: true };
}

/**
 * The ways to get PyTorch, best first. A CUDA build of the platform's release comes before the CPU build of
 * another only where somebody can be asked: the emulated GPU needs none of its gigabytes.
 */
export function torchOptions(
  wish: TorchWish,
  builds: TorchBuilds,
  consent: Consent,
): readonly TorchOption[] {
  const [newest = DEFAULT_TORCH] = wish.listed;
  const runnable = wish.listed.filter((release) => compare(release, OLDEST_TORCH) >= 0);
  const listed = runnable.flatMap((release) => cpuBuild(builds, release) ?? [])[0];
  if (listed) return [option(listed, newest)];
  const cuda = runnable
    .filter((release) => builds.cuda.includes(release))
    .map((release) => ({
      ...{ release, build: 'cuda' as const, by: null },
      why: release === newest ? null : `${newest} is not in the index`,
    }))
    .slice(0, 1);
  const nearest = nearestCpu(wish, builds).map((build) => option(build, newest));
  return consent === 'ask' && !wish.nearest ? [...cuda, ...nearest] : [...nearest, ...cuda];
}

function option({ release, by }: TorchBuilds['cpu'][number], newest: string): TorchOption {
  const reason =
    compare(newest, OLDEST_TORCH) < 0
      ? `the emulated GPU needs PyTorch ${OLDEST_TORCH} or newer`
      : `no CPU build of ${newest} is in the index`;
  const why = release === newest ? null : reason;
  return { release, build: 'cpu', by, why };
}

function cpuBuild({ cpu }: TorchBuilds, release: string) {
  return cpu.find((build) => build.release === release);
}

/** The release with a CPU build that has the fewest others between it and the newest of the platform. */
function nearestCpu(wish: TorchWish, { cpu, cuda }: TorchBuilds): TorchBuilds['cpu'] {
  const [newest = DEFAULT_TORCH] = wish.listed;
  const admitted = cpu.filter(
    ({ release }) =>
      compare(release, OLDEST_TORCH) >= 0 &&
      compare(release, DEFAULT_TORCH) <= 0 &&
      (wish.specifier === '' || satisfies(release, wish.specifier)),
  );
  const releases = [...new Set([...cpu.map(({ release }) => release), ...cuda, newest])].sort(
    compare,
  );
  const distance = (release: string) =>
    Math.abs(releases.indexOf(release) - releases.indexOf(newest));
  // Of two that are as near, the newer: PyTorch keeps what was there longer than it lacks what is new.
  const sorted = [...admitted].sort(
    (a, b) => distance(a.release) - distance(b.release) || compare(b.release, a.release),
  );
  return sorted.slice(0, 1);
}
