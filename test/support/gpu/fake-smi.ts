import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join, resolve } from 'node:path';

export type FakeCard = 'h100' | 'h200-mig' | 'rtx-4090' | 'two-gpus' | 'error' | 'hang';

/** A driver for one test: its answers can be changed while something looks at them. */
export function fakeSmi(card: FakeCard) {
  const folder = mkdtempSync(join(tmpdir(), 'fake-smi-'));
  cpSync(resolve(import.meta.dirname, 'cards', card), folder, { recursive: true });
  const bin = resolve(import.meta.dirname, 'bin');
  return {
    folder,
    env: {
      PATH: `${bin}${delimiter}${process.env['PATH']}`,
      FAKE_NVIDIA_SMI: folder,
    } as Readonly<Record<string, string | undefined>>,
    /** Lines of `GPU_UUID, PID, MiB`. */
    setApps: (...lines: readonly string[]) =>
      writeFileSync(join(folder, 'query-compute-apps.csv'), lines.map((l) => `${l}\n`).join('')),
    setCards: (text: string) => writeFileSync(join(folder, 'query-gpu.csv'), text),
    fail: (text: string) => writeFileSync(join(folder, 'error'), text),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}
