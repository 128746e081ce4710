/** Completion in `@spaces.GPU(…)`: its keywords, durations with what they cost visitors, and sizes. */
import { type CompletionItem, CompletionItemKind } from 'vscode-languageserver-protocol';
import { GPU_SIZES, type PlatformProfile } from '../../platform/index.js';
import { callsTitle } from '../lenses.js';

/** Seconds that a person would write. */
const DURATIONS = [5, 10, 15, 30, 45, 60, 90, 120, 180, 300];

/** @param before the line up to the cursor */
export function gpuItems(before: string, profile: PlatformProfile): readonly CompletionItem[] {
  const inside = /(?:^|[^\w.])(?:spaces\.)?GPU\(([^()]*)$/.exec(before)?.[1];
  if (inside === undefined) return [];
  const argument = (inside.split(',').at(-1) ?? '').trimStart();
  if (/^duration\s*=\s*\d*$/.test(argument)) return durations(profile);
  if (/^size\s*=\s*["']?\w*$/.test(argument)) {
    const sizes = GPU_SIZES.filter((size) => profile.sizes[size] !== null);
    return sizes.map((size) => ({
      label: /["']/.test(argument) ? size : `"${size}"`,
      kind: CompletionItemKind.Value,
      detail: `${Math.round((profile.sizes[size]?.vramBytes ?? 0) / 1e9)} GB`,
    }));
  }
  if (!/^\w*$/.test(argument)) return [];
  return ['duration', 'size']
    .filter((name) => !new RegExp(`\\b${name}\\s*=`).test(inside))
    .map((name) => ({ label: `${name}=`, kind: CompletionItemKind.Keyword }));
}

function durations(profile: PlatformProfile): readonly CompletionItem[] {
  const longest = Math.max(
    ...Object.values(profile.tiers).map((tier) => tier?.longestCallSeconds ?? 0),
  );
  return DURATIONS.filter((seconds) => seconds <= longest).map((seconds, index) => ({
    label: String(seconds),
    kind: CompletionItemKind.Value,
    sortText: String(index).padStart(4, '0'),
    detail: callsTitle(
      {
        name: '',
        duration: { kind: 'seconds', seconds, isTimedelta: false, node: NOWHERE },
        size: null,
      },
      profile,
    ),
  }));
}

/** Stands for the number that is not written yet. */
const NOWHERE = { type: 'integer', field: null, start: 0, end: 0, parent: null, children: [] };
