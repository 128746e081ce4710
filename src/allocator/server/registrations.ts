import type { Clock } from '../../shared/clock.js';
import type { ProcessId } from '../../shared/host.js';
import type { Owner } from '../core/types.js';
import type { AllocatorDriver, Answer } from './driver.js';

export interface RegisteringSpace {
  /** What the Space's package sends as cgroupPath. */
  readonly id: string;
  readonly name: string;
  readonly owner: Owner;
  /** Null before its app has started. */
  readonly root: ProcessId | null;
}

/** Spaces that ask to be taken in, by this host or over the control API, and their answers. */
export interface Registrations {
  /** @returns space-registered, space-refused or unavailable; the ledger has it by then */
  ask(space: RegisteringSpace): Promise<Answer>;
  /** @returns false for an answer to another request */
  answer(answer: Answer): boolean;
}

export function createRegistrations(
  driver: () => AllocatorDriver,
  clock: Clock,
  newId: () => string,
): Registrations {
  const waiting = new Map<string, (answer: Answer) => void>();
  return {
    ask({ id, name, owner, root }) {
      const requestId = newId();
      const answered = new Promise<Answer>((resolve) => waiting.set(requestId, resolve));
      const event = { requestId, space: id, name, owner, root };
      driver().dispatch({ type: 'register-space', at: clock.now(), ...event });
      return answered;
    },
    answer(answer) {
      waiting.get(answer.requestId)?.(answer);
      return waiting.delete(answer.requestId);
    },
  };
}
