export { variablesRequired, variablesSet } from './environment.js';
export { noPython } from './model.js';
export { warmPythonParser } from './parse.js';
export { submitsToPool } from './pools.js';
export { readPython } from './read.js';
export {
  ancestorsOf,
  bare,
  childOf,
  isInside,
  nodeAt,
  nodesIn,
  nodesOfBody,
  rangeOf,
  stringOf,
  textOf,
} from './tree.js';
export type {
  CodeExecution,
  DeclaredDuration,
  EventHandler,
  GpuFunction,
  GpuKeyword,
  PyCall,
  PyClass,
  PyFunction,
  PyImport,
  PyNode,
  PyParameter,
  PythonFile,
  PythonModel,
  PyValue,
  SyntaxRegion,
} from './types.js';
