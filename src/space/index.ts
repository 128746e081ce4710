export { readSpace } from './read-space.js';
export { normalizeName, parseRequirement } from './requirements.js';
export type {
  FrontMatter,
  FrontMatterField,
  Requirement,
  RequirementsFile,
  Space,
  SpaceWarning,
  TextRange,
} from './types.js';
