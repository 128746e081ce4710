import { filesInMemory } from '../../../src/space/index.js';
import { type PythonModel, readPython } from '../../../src/space/python/index.js';

/** The model of a Space in memory; one text is its app.py. */
export async function pythonOf(
  files: string | Readonly<Record<string, string | Uint8Array>>,
): Promise<PythonModel> {
  const space = filesInMemory(typeof files === 'string' ? { 'app.py': files } : files);
  return readPython(space, 'app.py', await space.list());
}
