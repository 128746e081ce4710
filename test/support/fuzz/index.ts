/**
 * Fuzzing that can be repeated: each target takes its cases from a seed. CI runs a short form of one
 * seed; `ZEROGPU_FUZZ_RUNS=5000` makes each target as long, `ZEROGPU_FUZZ_SEED=7` takes other cases.
 */
import fc from 'fast-check';

/** Fixed in CI, so that what failed there fails here. */
export const SEED = Number(process.env['ZEROGPU_FUZZ_SEED'] ?? 20_261_124);
const RUNS = process.env['ZEROGPU_FUZZ_RUNS'];
/** A long form may take as long as it takes. */
export const FUZZ_TIMEOUT_MS = RUNS === undefined ? 120_000 : 3_600_000;

/** Cases of one target: the short form's count, or what the person asked for. */
export function runsOf(short: number): number {
  return RUNS === undefined ? short : Number(RUNS);
}

/** For `fc.assert`: fast-check prints seed, path and the smallest case by itself. */
export const parameters = (short: number) => ({ seed: SEED, numRuns: runsOf(short) });

/**
 * Tries every case, some at a time; for cases that wait for sockets. A failure names seed and case.
 *
 * @param attempt throws for a case that breaks a promise
 */
export async function tryAll<T>(
  cases: fc.Arbitrary<T>,
  short: number,
  attempt: (one: T) => Promise<void>,
  show: (one: T) => string = fc.stringify,
  atOnce = 24,
): Promise<number> {
  const all = fc.sample(cases, { seed: SEED, numRuns: runsOf(short) });
  let next = 0;
  const worker = async () => {
    while (next < all.length) {
      const index = next++;
      try {
        await attempt(all[index] as T);
      } catch (error) {
        next = all.length;
        const replay = `ZEROGPU_FUZZ_SEED=${SEED} ZEROGPU_FUZZ_RUNS=${all.length}`;
        throw new Error(`${replay}, case ${index}: ${show(all[index] as T)}`, { cause: error });
      }
    }
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
  return all.length;
}

/** What breaks programs that expected something else. */
export const hostileText = fc.oneof(
  fc.constantFrom(
    ...[
      '',
      ' ',
      '-1',
      '0',
      '1',
      '2',
      '60',
      '1e309',
      '-1e309',
      'NaN',
      'Infinity',
      '100000000000000000000',
    ],
    ...[
      '9007199254740993',
      '0x10',
      '1.5',
      'true',
      'null',
      'undefined',
      '[]',
      '{}',
      '[object Object]',
    ],
    ...[
      '\0',
      'a\0b',
      '../../etc/passwd',
      '/dev/null',
      '%',
      '%00',
      '%zz',
      '%E0%A4%A',
      '😀',
      'é',
      '\u202e',
    ],
    ...[
      '__proto__',
      'constructor',
      'toString',
      'hasOwnProperty',
      "' OR 1=1 --",
      '$(id)',
      '`id`',
      ';id',
    ],
    ...['<script>', '\u001b[2J', '\r\nX-Injected: 1', 'a'.repeat(5_000), 'a'.repeat(16_384)],
  ),
  fc.string({ unit: 'binary', maxLength: 40 }),
  fc.double().map(String),
  fc.bigInt().map(String),
);
