/**
 * Random numbers by position instead of by order: `at(stream, index, draw)` is the same number
 * whatever was drawn before. Two workloads that differ in one setting therefore see the same
 * visitors with the same wishes (common random numbers), and a seed reproduces a run bit by bit.
 *
 * The generator is Philox2x32-10 (Salmon et al., "Parallel random numbers: as easy as 1, 2, 3",
 * SC 2011): a counter of two words and a key of one, ten rounds.
 */
const MULTIPLIER = 0xd256d193;
const WEYL = 0x9e3779b9;

/** High and low word of a 32 x 32 bit product, unsigned. */
function highOf(a: number, b: number): number {
  const aLow = a & 0xffff;
  const aHigh = a >>> 16;
  const bLow = b & 0xffff;
  const bHigh = b >>> 16;
  const low = aLow * bLow;
  const middle = aHigh * bLow + (low >>> 16);
  const middle2 = aLow * bHigh + (middle & 0xffff);
  return (aHigh * bHigh + Math.floor(middle / 0x10000) + (middle2 >>> 16)) >>> 0;
}

/** 32 bits out of any text: FNV-1a with a final mix. */
function hash(text: string): number {
  let value = 0x811c9dc5;
  for (let index = 0; index < text.length; index += 1) {
    value = Math.imul(value ^ text.charCodeAt(index), 0x01000193);
  }
  value = Math.imul(value ^ (value >>> 16), 0x85ebca6b);
  value = Math.imul(value ^ (value >>> 13), 0xc2b2ae35);
  return (value ^ (value >>> 16)) >>> 0;
}

/** A family of random numbers with a name of its own. */
export interface RandomStream {
  /** A number in the open interval (0, 1). The same arguments always give the same number. */
  at(index: number, draw: number): number;
}

/** @param name what it is for; two names give independent numbers */
export function createStream(seed: number, replication: number, name: string): RandomStream {
  const key = hash(`${seed}/${replication}/${name}`);
  return { at: (index, draw) => uniformAt(key, index, draw) };
}

/** Philox2x32-10 of one key and one counter, as a number in (0, 1): its 53 highest bits. */
export function uniformAt(key: number, index: number, draw: number): number {
  let left = index >>> 0;
  let right = draw >>> 0;
  let roundKey = key;
  for (let round = 0; round < 10; round += 1) {
    const high = highOf(MULTIPLIER, left);
    const low = Math.imul(MULTIPLIER, left) >>> 0;
    left = (high ^ roundKey ^ right) >>> 0;
    right = low;
    roundKey = (roundKey + WEYL) >>> 0;
  }
  // Moved by half a step, so that neither 0 nor 1 comes out.
  return ((left >>> 5) * 0x4000000 + (right >>> 6) + 0.5) / 0x20000000000000;
}
