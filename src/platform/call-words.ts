/** How a call ends, in words: the same in the log, in both consoles, in reports. */

/** Why a call is refused, by the kind of the refusal. */
export const REFUSAL_WORDS = {
  'expired-token': 'expired token',
  'illegal-duration': 'illegal duration',
  'quota-exceeded': 'quota exceeded',
  'pending-credits': 'credits are held by other calls',
  'runs-exceeded': 'runs limit reached',
  'no-gpu': 'no GPU available',
  stopping: 'the allocator stops',
} as const;

/** How a call that had a GPU ended; empty for one that ended well. */
export const END_WORDS = {
  released: '',
  failed: 'failed in the function',
  deadline: 'killed at its deadline',
  'worker-died': 'its worker process died',
  operator: 'ended by hand',
  'over-vram': 'killed above its share of device memory',
  'gpu-lost': 'its GPU is gone',
  'allow-timeout': 'its worker never asked for the GPU',
  undelivered: 'its grant did not arrive',
  'space-gone': 'the app ended',
  stopped: 'the allocator stopped',
} as const;

/** Why a call left the queue without a GPU. */
export const ABANDONED_WORDS = {
  'visitor-left': 'the visitor left',
  'space-gone': 'the app ended',
  operator: 'taken out by hand',
  stopped: 'the allocator stopped',
} as const;
