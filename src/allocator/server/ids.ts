import { randomFillSync } from 'node:crypto';

/** Bits of an id: too many to guess. */
const ID_BYTES = 24;
/** Random bytes are fetched from the kernel for so many ids at once. */
const IDS_AT_ONCE = 128;

/** Makes unguessable ids: 192 random bits each, in base64url. */
export function createIds(): () => string {
  const pool = Buffer.alloc(ID_BYTES * IDS_AT_ONCE);
  let next = pool.length;
  return () => {
    if (next >= pool.length) {
      randomFillSync(pool);
      next = 0;
    }
    const id = pool.toString('base64url', next, next + ID_BYTES);
    // Given out once: the pool holds nothing that anybody holds.
    pool.fill(0, next, next + ID_BYTES);
    next += ID_BYTES;
    return id;
  };
}
