/** Packages that ask PyTorch for CUDA as they are imported. */
import table from '../data/cuda-at-import.json' with { type: 'json' };

const modules: readonly string[] = table.starts.map(({ module }) => module);

/**
 * Whether importing a module starts CUDA in the process, so that `import spaces` fails after it.
 *
 * @param module as written after `import` or `from`
 * @param name what is taken out of it; null for `import module`
 */
export function startsCudaAtImport(module: string, name: string | null): boolean {
  const full = name === null ? module : `${module}.${name}`;
  return modules.some((one) => `${full}.`.startsWith(`${one}.`));
}
