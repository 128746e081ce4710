export { noPython } from './model.js';
export { readPython, warmPythonParser } from './read.js';
export {
  ancestorsOf,
  bare,
  childOf,
  isInside,
  nodesIn,
  nodesOfBody,
  rangeOf,
  stringOf,
  textOf,
} from './tree.js';
export type {
  DeclaredDuration,
  EventHandler,
  GpuFunction,
  GpuKeyword,
  PyCall,
  PyFunction,
  PyImport,
  PyNode,
  PyParameter,
  PythonFile,
  PythonModel,
  SyntaxRegion,
} from './types.js';
