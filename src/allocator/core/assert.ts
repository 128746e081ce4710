/**
 * Assertions of the core. They stay on in production: a broken law must stop the granting, not
 * spread. What they throw is a bug in zerogpu, never a user's mistake.
 */
export function assert(condition: boolean, law: string): asserts condition {
  if (!condition) throw new Error(`allocator core: ${law}`);
}
