import type { GpuBackend } from '../../gpu/port.js';
import type { Clock } from '../../shared/clock.js';
import type { UserError } from '../../shared/errors.js';
import { isSameProcess } from '../../shared/host.js';
import { killProcessTree } from '../../shared/process-table.js';
import type { AllocatorDriver } from './driver.js';

/** Lets a backend that watches its device see who holds it, and end who may not. */
export function attachBackend(
  backend: GpuBackend,
  driver: AllocatorDriver,
  clock: Clock,
  told: {
    readonly notice: (message: string) => void;
    readonly fatal: ((error: UserError) => void) | undefined;
  },
): void {
  const leases = () => [...driver.state.leases.values()];
  backend.attach?.({
    state: () => ({
      holders: [
        ...leases().flatMap(({ process, slices }) => (process ? [{ process, slices }] : [])),
        ...driver.state.warmWorkers.map(({ process, slices }) => ({ process, slices })),
      ],
      roots: [...driver.state.spaces.values()].flatMap(({ root }) => root ?? []),
    }),
    abort(process, reason) {
      const lease = leases().find((candidate) => isSameProcess(candidate.process, process));
      if (lease?.killing) return;
      if (lease) {
        void driver.submit({ type: 'kill-call', at: clock.now(), call: lease.call, reason });
      } else if (
        driver.state.warmWorkers.some((worker) => isSameProcess(worker.process, process))
      ) {
        // Watched since its /allow: its death frees the slice.
        killProcessTree(process);
      }
    },
    lost(slices) {
      void driver.submit({ type: 'lost-slices', at: clock.now(), slices });
    },
    notice: told.notice,
    fatal: (error) => (told.fatal ? told.fatal(error) : told.notice(error.message)),
  });
}
