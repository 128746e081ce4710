import type { GpuFunction, GpuKeyword, PythonFile } from '../../../space/python/index.js';
import type { RuleContext } from '../../rule.js';

/** Each keyword that the decorator is given, once, with the file that it stands in. */
export function gpuKeywords({ python }: RuleContext): readonly {
  readonly gpu: GpuFunction;
  readonly keyword: GpuKeyword;
  readonly file: PythonFile;
}[] {
  const seen = new Set<unknown>();
  return python.gpuFunctions.flatMap((gpu) =>
    gpu.keywords.flatMap((keyword) => {
      if (seen.has(keyword.nameNode)) return [];
      seen.add(keyword.nameNode);
      let root = keyword.nameNode;
      while (root.parent) root = root.parent;
      const file = python.files.find((one) => one.root === root) ?? gpu.file;
      return [{ gpu, keyword, file }];
    }),
  );
}
