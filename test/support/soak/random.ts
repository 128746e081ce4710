/** Numbers from a seed: the same for the same seed and stream, whatever else draws. */
export interface Random {
  /** From 0, below 1. */
  next(): number;
  between(low: number, high: number): number;
  /** True once in so many times. */
  oneIn(times: number): boolean;
  pick<T>(list: readonly T[]): T | undefined;
}

/** A generator of 32 bits (mulberry32). */
export function createRandom(seed: number, stream: number): Random {
  let state = (seed ^ Math.imul(stream + 1, 0x9e3779b1)) >>> 0;
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  return {
    next,
    between: (low, high) => low + next() * (high - low),
    oneIn: (times) => next() * times < 1,
    pick: (list) => list[Math.floor(next() * list.length)],
  };
}
