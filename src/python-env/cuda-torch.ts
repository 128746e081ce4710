import { execa } from 'execa';
import type { Environment } from './types.js';

const PROBE_TIMEOUT_MS = 30_000;

/** Reads torch/version.py alone: to import torch takes seconds, and must not start CUDA. */
const PROBE = `
import importlib.util, os, runpy
spec = importlib.util.find_spec("torch")
if spec is None or not spec.origin:
    print("zerogpu:none")
else:
    found = runpy.run_path(os.path.join(os.path.dirname(spec.origin), "version.py"))
    print("zerogpu:%s %s" % (found.get("__version__"), found.get("cuda")))
`;

/**
 * Whether an interpreter's PyTorch is built for CUDA.
 *
 * @returns null when it is, else why not, as the end of a sentence
 */
export async function lacksCuda(python: string, env: Environment): Promise<string | null> {
  const result = await execa(python, ['-c', PROBE], {
    env: { ...env },
    extendEnv: false,
    reject: false,
    stdin: 'ignore',
    timeout: PROBE_TIMEOUT_MS,
  });
  const line = (result.stdout ?? '').split('\n').findLast((text) => text.startsWith('zerogpu:'));
  const [version, cuda] = (line?.slice('zerogpu:'.length) ?? '').trim().split(' ');
  if (!version) return `${python} did not tell its PyTorch`;
  if (version === 'none') return `${python} has no PyTorch`;
  if (!cuda || cuda === 'None') return `PyTorch ${version} of ${python} is built without CUDA`;
  return null;
}
