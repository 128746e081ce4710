import type { PlatformProfile } from '../platform/index.js';
import type { SpaceModel } from '../space/index.js';
import { textOf } from './rules/metadata/fields.js';
import { compareVersions, minorOf } from './versions.js';

/** The Python that a Space runs. */
export interface SpacePython {
  /** As `python_version` has it: `3.10`, `3.12.12`; null when the profile decides. */
  readonly declared: string | null;
  /** `3.10`. */
  readonly minor: string;
  /** `3.10.13`, where the profile knows it. */
  readonly full: string;
}

/**
 * The Python of the Space: what the front matter asks for, else the oldest that the profile lists
 * (Spaces run 3.10 unless they say something else).
 */
export function pythonOf(space: SpaceModel, profile: PlatformProfile): SpacePython {
  const text = textOf(space, 'python_version');
  const declared = text !== null && /^\d+\.\d+(\.\d+)?$/.test(text) ? text : null;
  const standard = [...profile.versions.python].sort(compareVersions)[0] ?? '3.10';
  const minor = minorOf(declared ?? standard);
  const full = profile.versions.python.find((version) => minorOf(version) === minor);
  return { declared, minor, full: full ?? declared ?? standard };
}
