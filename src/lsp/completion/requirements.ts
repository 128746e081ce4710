/** Completion in requirements.txt: the releases of torch that the platform has. */
import { type CompletionItem, CompletionItemKind } from 'vscode-languageserver-protocol';
import { compareVersions } from '../../check/versions.js';
import type { PlatformProfile } from '../../platform/index.js';

/** @param before the line up to the cursor */
export function requirementItems(
  before: string,
  profile: PlatformProfile,
): readonly CompletionItem[] {
  const pin = /^\s*torch\s*==\s*[\d.]*$/.test(before);
  const isName = /^\s*(?:t|to|tor|torc|torch)?$/.test(before);
  if (!pin && !isName) return [];
  const versions = [...profile.versions.torch].sort(compareVersions).reverse();
  return versions.map((version, index) => ({
    label: pin ? version : `torch==${version}`,
    kind: CompletionItemKind.Value,
    detail: `on ${profile.name}`,
    sortText: String(index).padStart(4, '0'),
  }));
}
