import type { ProcessId } from '../../shared/host.js';

/** A Space that runs under this allocator. */
export interface RegisteredSpace {
  /** What its `spaces` package sends to say who it is: our stand-in for the container's cgroup. */
  readonly cgroupPath: string;
  readonly name: string;
  /** Root of its process tree: only processes below it may be allowed (and so killed). */
  root: ProcessId | null;
}

export interface SpaceRegistry {
  register(space: RegisteredSpace): void;
  setRoot(cgroupPath: string, root: ProcessId): void;
  find(cgroupPath: string): RegisteredSpace | undefined;
  remove(cgroupPath: string): void;
  /** The wire says that *a* Space started, not which one; observers get to know that it came. */
  reportStartup(remotePort: number): void;
}

export function createSpaceRegistry(onStartup: () => void): SpaceRegistry {
  const spaces = new Map<string, RegisteredSpace>();
  return {
    register: (space) => void spaces.set(space.cgroupPath, space),
    setRoot(cgroupPath, root) {
      const space = spaces.get(cgroupPath);
      if (space) space.root = root;
    },
    find: (cgroupPath) => spaces.get(cgroupPath),
    remove: (cgroupPath) => void spaces.delete(cgroupPath),
    reportStartup: onStartup,
  };
}
