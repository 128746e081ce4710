import type { RuleContext } from '../../rule.js';
import { isVersion, pinOf } from '../../versions.js';
import { textOf } from '../metadata/fields.js';
import { installed } from './entries.js';

/** The Gradio that the Space runs: of `sdk_version`, else of an exact pin; null where neither says. */
export function gradioOf(context: RuleContext): string | null {
  const version = textOf(context.space, 'sdk_version');
  if (version !== null) return isVersion(version) ? version : null;
  return installed(context, 'gradio').flatMap(({ specifier }) => pinOf(specifier) ?? [])[0] ?? null;
}
