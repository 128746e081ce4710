export { withoutEndlessNumbers } from './endless-numbers.js';
export {
  type FileReading,
  filesInFolder,
  filesInMemory,
  isSkippedPath,
  LARGEST_SOURCE_BYTES,
  listingOf,
  type SpaceEntry,
  type SpaceFiles,
  type SpaceListing,
} from './files.js';
export { platformGradio } from './gradio-extras.js';
export { linuxEnvironment, parseMarker } from './markers.js';
export {
  type AppFileModel,
  frontMatterField,
  type ReadmeModel,
  readSpaceModel,
  type SpaceModel,
  type UnreadableFile,
} from './model.js';
export { readSpace } from './read-space.js';
export { normalizeName, parseRequirement } from './requirements.js';
export type {
  IncludeEntry,
  OptionEntry,
  RequirementEntry,
  RequirementsModel,
} from './requirements-model.js';
export type { SourceText } from './text.js';
export type {
  FrontMatter,
  FrontMatterField,
  FrontMatterReading,
  Requirement,
  RequirementsFile,
  Space,
  SpaceWarning,
  TextRange,
} from './types.js';
