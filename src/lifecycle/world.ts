import type { World } from '../shared/world.js';

/** What the commands of a run's life cycle may touch of their process. */
export type LifecycleWorld = Pick<World, 'env' | 'cwd' | 'stdout' | 'stderr' | 'interrupted'>;
