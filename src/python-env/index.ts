export { cacheDir } from '../shared/user-folders.js';
export {
  ensureNamedEnvironment,
  findPythonWithTorch,
  lacksEnvironment,
  type ResolveRequest,
  resolvePython,
} from './resolve-python.js';
export type { PlatformVersions, PythonEnvironment, PythonProgress } from './types.js';
