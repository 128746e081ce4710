import { createHash } from 'node:crypto';

/**
 * Functions that run inside the store, each at once and whole. The source is Lua that fills the table
 * `F`: `function F.name(keys, args) … end`. It has two homes: a library of functions (Redis 7, Valkey),
 * and a script for stores without them. Both are named after their content, so that two versions of
 * zerogpu use one store side by side.
 */
export interface Library {
  readonly name: string;
  /** For `FUNCTION LOAD`. */
  readonly functions: string;
  /** For `EVAL`: the first argument names the function. */
  readonly script: string;
  /** SHA-1 of the script, for `EVALSHA`. */
  readonly scriptDigest: string;
}

/** @param title letters and "_" */
export function createLibrary(title: string, source: string): Library {
  const body = `local F = {}\n${source}\n`;
  const name = `zerogpu_${title}_${createHash('sha256').update(body).digest('hex').slice(0, 12)}`;
  // While it is loaded a library has no `pairs`: each function is named.
  const registrations = [...source.matchAll(/^ *function F\.(\w+)/gm)].map(
    ([, one]) => `redis.register_function('${name}_${one}', F.${one})\n`,
  );
  const functions = `#!lua name=${name}\n${body}${registrations.join('')}`;
  const script = `${body}
local args = {}
for i = 2, #ARGV do args[i - 1] = ARGV[i] end
return F[ARGV[1]](KEYS, args)
`;
  const scriptDigest = createHash('sha1').update(script).digest('hex');
  return { name, functions, script, scriptDigest };
}
