import { probePython } from './probe.js';
import type { PythonEnvironment } from './types.js';
export type { PythonEnvironment } from './types.js';
export async function resolvePython(o: any): Promise<PythonEnvironment> {
  const r = await probePython(o.explicitPython, o.env, o.signal);
  if (!r.ok) throw new Error(r.reason);
  return { python: r.facts.executable, version: r.facts.version, origin: 'flag', packages: r.facts.packages };
}
