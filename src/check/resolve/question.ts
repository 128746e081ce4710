/** What is asked about the requirements of a Space as a whole. Pure. */
import {
  frontMatterField,
  platformGradio,
  type RequirementEntry,
  type SpaceModel,
} from '../../space/index.js';
import { isVersion } from '../versions.js';

/** The requirements that the platform resolves in one go. */
export interface ResolutionQuestion {
  /** Lines of a requirements file: the Space's own, then what the platform adds. */
  readonly requirements: readonly string[];
  /** Indexes and pages of wheels that the Space names. */
  readonly options: readonly string[];
  readonly constraints: readonly string[];
  readonly allowsPreReleases: boolean;
  /** `3.10.13`. */
  readonly python: string;
  /** Requirements that are not asked about, with the reason. */
  readonly left: readonly string[];
}

/** Options that say where packages come from; a local page of wheels is the Space's own folder. */
const SOURCES = new Set(['--index-url', '--extra-index-url', '--find-links', '--no-index']);

/** @param python the Space's, `3.10.13` */
export function resolutionQuestion(space: SpaceModel, python: string): ResolutionQuestion {
  const entries = space.requirements?.entries ?? [];
  const options = space.requirements?.options.flatMap((line) => line.options) ?? [];
  const asked = entries.filter((entry) => !entry.problem && reasonToLeave(entry) === null);
  return {
    requirements: [
      ...asked.filter(({ isConstraint }) => !isConstraint).map(({ text }) => text),
      gradioRequirement(space),
      'spaces',
    ],
    constraints: asked.filter(({ isConstraint }) => isConstraint).map(({ text }) => text),
    options: options
      .filter(({ name, value }) => SOURCES.has(name) && (value === null || /^https?:/.test(value)))
      .map(({ name, value }) => (value === null ? name : `${name} ${value}`)),
    allowsPreReleases: options.some(({ name }) => name === '--pre'),
    python,
    left: entries.flatMap((entry) => {
      const reason = reasonToLeave(entry);
      return reason === null ? [] : [`${entry.name ?? entry.text} (${reason})`];
    }),
  };
}

/** What only an installation finds out, because code of the package says it. */
function reasonToLeave({
  url,
  isEditable,
  isLocal,
  hasVariables,
}: RequirementEntry): string | null {
  if (hasVariables) return 'it has a variable';
  if (isLocal || isEditable) return 'a folder or file of the Space';
  if (url === null || /^https?:.*\.whl(?:[#?].*)?$/i.test(url)) return null;
  return 'built from source';
}

/** The Gradio that `sdk_version` names, with its extras. */
function gradioRequirement(space: SpaceModel): string {
  const version = frontMatterField(space, 'sdk_version')?.text?.trim() ?? '';
  return platformGradio(isVersion(version) ? version : null);
}
