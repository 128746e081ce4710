/** Functions that may run inside a GPU function, by their names alone. */
import type { PyFunction, PythonFile } from './types.js';

/** What runs without being named: when an object is called, made, read or entered. */
const UNNAMED = /^(?:__\w+__|forward)$/;
const WORD = /[A-Za-z_]\w*/g;

/**
 * A superset of what is known to run there: every function whose name stands in a body that may run there, and what
 * Python or PyTorch calls without a name. The model of an attribute, a registry or a callback is reached so.
 *
 * @param known functions that run inside a GPU function
 */
export function mayRunFrom(
  known: ReadonlySet<PyFunction>,
  files: readonly PythonFile[],
): ReadonlySet<PyFunction> {
  const byName = new Map<string, PyFunction[]>();
  const open = [...known];
  for (const file of files) {
    for (const fn of file.functions) {
      const others = byName.get(fn.name);
      if (others) others.push(fn);
      else byName.set(fn.name, [fn]);
      if (UNNAMED.test(fn.name) && known.size > 0) open.push(fn);
    }
  }
  const found = new Set<PyFunction>();
  const seen = new Set<string>();
  for (let fn = open.pop(); fn; fn = open.pop()) {
    if (found.has(fn)) continue;
    found.add(fn);
    const text = fn.body ? fn.file.text.slice(fn.body.start, fn.body.end) : '';
    for (const [word] of text.matchAll(WORD)) {
      if (seen.has(word)) continue;
      seen.add(word);
      open.push(...(byName.get(word) ?? []));
    }
  }
  return found;
}
