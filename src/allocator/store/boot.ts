import { readFileSync } from 'node:fs';

/** Where the host can't tell: every start counts as one after a reboot. */
const UNKNOWN_BOOT = 'unknown';

/** Names this run of the machine (Linux). */
export function readBootId(): string {
  try {
    return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
  } catch {
    return UNKNOWN_BOOT;
  }
}

/** Whether a ledger was last written since the machine started: only then do its monotonic times count. */
export function isThisBoot(bootId: string | null): boolean {
  return bootId !== null && bootId !== UNKNOWN_BOOT && bootId === readBootId();
}
