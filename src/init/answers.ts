/** Answers to the questions of `init`: from flags, from prompts, or by default. Pure. */

import { loadProfile, type PlatformProfile } from '../platform/index.js';
import { didYouMean } from '../shared/did-you-mean.js';
import { UserError } from '../shared/errors.js';
import type { Template } from './manifest.js';
import { defaultTorch, gradioChoices, takesGradio, torchChoices } from './versions.js';

export interface Answers {
  readonly template: Template;
  /** Shown on the Space's page. */
  readonly title: string;
  readonly profile: PlatformProfile;
  readonly gradio: string;
  readonly torch: string;
  /** Identifier of the Hub, or `none`. */
  readonly license: string;
  readonly ci: 'github' | 'none';
  /** Whose launch configuration is written. */
  readonly editor: 'vscode' | 'none';
  readonly git: boolean;
}

export const DEFAULT_TEMPLATE = 'hello';
export const DEFAULT_LICENSE = 'apache-2.0';

/** Identifiers that are offered; the Hub knows more, and a flag may name any of them. */
export const OFFERED_LICENSES: readonly string[] = [
  DEFAULT_LICENSE,
  'mit',
  'bsd-3-clause',
  'cc-by-4.0',
  'openrail',
  'none',
];

/**
 * The template of that name.
 *
 * @throws UserError E_USAGE with the names that there are
 */
export function findTemplate(templates: readonly Template[], name: string): Template {
  const found = templates.find((template) => template.name === name.trim().toLowerCase());
  if (found) return found;
  const names = templates.map((template) => template.name);
  const meant = didYouMean(name, names);
  throw new UserError('E_USAGE', `--template is "${name}"; there is none of that name`, {
    why: `The templates are: ${names.join(', ')}.`,
    fix: `--template ${meant ?? DEFAULT_TEMPLATE}`,
  });
}

/**
 * The profile of that name, if the template is made for it.
 *
 * @throws UserError E_PLATFORM_UNKNOWN, E_USAGE
 */
export function findProfile(template: Template, name: string): PlatformProfile {
  const profile = loadProfile(name);
  if (template.platforms.includes(profile.name)) return profile;
  throw new UserError('E_USAGE', `the template ${template.name} is not for ${profile.name}`, {
    why: `It is for ${template.platforms.join(' and ')}.`,
    fix: `--platform ${template.platforms[0]}   or another --template`,
  });
}

/** @throws UserError E_USAGE with the releases that would do */
export function checkGradio(template: Template, profile: PlatformProfile, text: string): string {
  if (takesGradio(template, profile, text)) return text;
  const choices = gradioChoices(template, profile);
  throw new UserError('E_USAGE', `--gradio is "${text}", which can't be used`, {
    why: `The template ${template.name} needs a full version from ${template.minimum.gradio} on; tested: ${choices.join(', ')}.`,
    fix: `--gradio ${choices[0]}`,
  });
}

/** @throws UserError E_USAGE with the releases that would do */
export function checkTorch(template: Template, profile: PlatformProfile, text: string): string {
  const choices = torchChoices(template, profile);
  if (choices.includes(text)) return text;
  throw new UserError('E_USAGE', `--torch is "${text}", which can't be used`, {
    why: `For the template ${template.name} on ${profile.name} there are: ${choices.join(', ')}.`,
    fix: `--torch ${defaultTorch(template, profile)}`,
  });
}

/** @throws UserError E_USAGE */
export function checkLicense(text: string): string {
  const license = text.trim().toLowerCase();
  if (/^[a-z0-9][a-z0-9.+-]*$/.test(license)) return license;
  throw new UserError('E_USAGE', `--license is "${text}", which is not a license identifier`, {
    why: `The Hub takes identifiers such as ${OFFERED_LICENSES.slice(0, -1).join(', ')}; none leaves it out.`,
    fix: `--license ${DEFAULT_LICENSE}`,
  });
}

/** @throws UserError E_USAGE */
export function checkCi(text: string): Answers['ci'] {
  if (text === 'github' || text === 'none') return text;
  throw new UserError('E_USAGE', `--ci is "${text}"; expected one of github, none`, {
    fix: '--ci github',
  });
}

/** @throws UserError E_USAGE */
export function checkEditor(text: string): Answers['editor'] {
  if (text === 'vscode' || text === 'none') return text;
  throw new UserError('E_USAGE', `--editor is "${text}"; expected one of vscode, none`, {
    fix: '--editor vscode',
  });
}

/** What is wrong with a title, as a sentence; undefined when nothing is. */
export function titleProblem(text: string): string | undefined {
  if (text.trim() === '') return 'A Space needs a name.';
  // Control characters would end the line that the title stands in.
  return /\p{Cc}/u.test(text) ? 'A name is one line of text.' : undefined;
}

/** `my-space` is called "My space" until somebody says otherwise. */
export function titleOfFolder(name: string): string {
  const words = name.replaceAll(/[-_.\s\p{Cc}]+/gu, ' ').trim();
  return words === '' ? 'My Space' : words.charAt(0).toUpperCase() + words.slice(1);
}
