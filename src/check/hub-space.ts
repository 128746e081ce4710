/**
 * A Space on the Hub as files to check. Only what is read is downloaded: its listing comes first, and
 * then the dozen texts that rules look at, into the cache that the Python tools share.
 */
import type { Hub, HubFile, SnapshotPlan } from '../hub/index.js';
import {
  type FileReading,
  filesInFolder,
  LARGEST_SOURCE_BYTES,
  listingOf,
  type SpaceFiles,
} from '../space/index.js';
import type { HubSide } from './rule.js';

export interface HubSpaceFiles {
  readonly files: SpaceFiles;
  readonly plan: SnapshotPlan;
  /** @throws what a read of a file ended with: the Space is not as it would seem without it */
  assertRead(): void;
}

/** @throws HubError */
export async function filesOnHub(
  hub: Hub,
  id: string,
  revision: string | null,
  interrupted: AbortSignal,
): Promise<HubSpaceFiles> {
  const plan = await hub.planSnapshot(id, revision);
  const files = new Map(plan.files.map((file) => [file.path, file]));
  let failure: { readonly error: unknown } | null = null;

  async function read(file: HubFile): Promise<FileReading> {
    const { bytes, path } = file;
    // Weights have names of their own in git: they are not meant to be read as text.
    if (bytes > LARGEST_SOURCE_BYTES || file.large)
      return { kind: 'unreadable', reason: 'too-large', sizeBytes: bytes };
    const missing = plan.missing.includes(file) ? [file] : [];
    try {
      const root = await hub.snapshot({ ...plan, files: [file], missing }, () => {}, interrupted);
      return await filesInFolder(root).read(path);
    } catch (error) {
      failure ??= { error };
      return { kind: 'unreadable', reason: 'failed', sizeBytes: bytes };
    }
  }
  return {
    plan,
    files: {
      list: async () => listingOf([...files.keys()]),
      async read(path) {
        const file = files.get(path);
        return file ? read(file) : { kind: 'absent' };
      },
    },
    assertRead() {
      if (!failure) return;
      interrupted.throwIfAborted();
      throw failure.error;
    },
  };
}

/**
 * What the Hub says of a Space beside its files.
 *
 * @param revision as the user named it: what runs is the default branch
 * @throws HubError
 */
export async function hubSideOf(hub: Hub, id: string, revision: string | null): Promise<HubSide> {
  const [runtime, settings] = await Promise.all([hub.runtime(id), hub.settingNames(id)]);
  return {
    id,
    isRunning: revision === null || revision === 'main',
    stage: runtime.stage,
    problem: runtime.problem,
    hardware: runtime.hardware ?? runtime.requestedHardware,
    settings,
  };
}
