/** Completion: by the kind of the file and the text before the cursor. */
import type { CompletionItem, Position } from 'vscode-languageserver-protocol';
import { loadProfile } from '../../platform/index.js';
import type { Checked } from '../space-check.js';
import { frontMatterItems } from './front-matter.js';
import { gpuItems } from './python.js';
import { requirementItems } from './requirements.js';

/**
 * @param file path in the Space
 * @param lines of the document as it is now
 */
export function completionAt(
  checked: Checked,
  file: string,
  lines: readonly string[],
  { line, character }: Position,
): readonly CompletionItem[] {
  if (checked.kind !== 'checked') return [];
  const profile = loadProfile(checked.settings.platform);
  const before = (lines[line] ?? '').slice(0, character);
  if (file === 'README.md') {
    const scripts = [...checked.space.sources.keys()].filter((path) => path.endsWith('.py'));
    return frontMatterItems({ lines, line, character, scripts, profile });
  }
  if (/(?:^|\/)(?:pre-)?requirements\.txt$/.test(file)) return requirementItems(before, profile);
  return file.endsWith('.py') ? gpuItems(before, profile) : [];
}
