/** Completion in the front matter of README.md: keys that are missing, and the values that a key takes. */
import { type CompletionItem, CompletionItemKind } from 'vscode-languageserver-protocol';
import { COLOURS, KNOWN_KEYS, LIST_KEYS } from '../../check/rules/metadata/known-keys.js';
import { compareVersions } from '../../check/versions.js';
import type { PlatformProfile } from '../../platform/index.js';

/** What the configuration reference of Spaces says of keys (huggingface.co/docs, 2026-11). */
const ABOUT: Readonly<Record<string, string>> = {
  title: 'name that is shown',
  emoji: 'one emoji for the thumbnail',
  colorFrom: 'thumbnail gradient, from',
  colorTo: 'thumbnail gradient, to',
  sdk: 'ZeroGPU takes gradio',
  sdk_version: 'release of Gradio, such as 6.1.0',
  python_version: 'quoted: "3.10"',
  app_file: 'the Python file that is started; app.py by default',
  short_description: 'at most 60 characters, on the thumbnail',
  suggested_hardware: 'what people who duplicate the Space are offered',
  startup_duration_timeout: 'how long the start may take: 30m by default',
  models: 'models that the Space uses',
  datasets: 'data sets that the Space uses',
  tags: 'words to find it by',
  preload_from_hub: 'files that are downloaded when the Space is built',
  hf_oauth: 'whether visitors can log in with their account',
  pinned: 'first on the profile of its owner',
};
/** Means nothing to the Hub; a rule reports it. */
const NOT_OFFERED = new Set(['hardware', 'app_port', 'base_path', 'app_build_command']);
const SWITCHES = new Set(['pinned', 'fullWidth', 'hf_oauth', 'disable_embedding']);

export interface ReadmePlace {
  readonly lines: readonly string[];
  /** From 0. */
  readonly line: number;
  readonly character: number;
  /** Python files of the Space. */
  readonly scripts: readonly string[];
  readonly profile: PlatformProfile;
}

export function frontMatterItems(place: ReadmePlace): readonly CompletionItem[] {
  const { lines, line } = place;
  const opening = lines.findIndex((one) => one.trim() !== '');
  if (opening < 0 || lines[opening]?.trimEnd() !== '---' || line <= opening) return [];
  const closing = lines.findIndex((one, index) => index > opening && one.trimEnd() === '---');
  if (closing >= 0 && line >= closing) return [];
  const before = (lines[line] ?? '').slice(0, place.character);
  const value = /^([A-Za-z_]+):\s*["']?[^"']*$/.exec(before);
  if (value) return valuesOf(value[1] ?? '', before, place);
  if (!/^[A-Za-z_]*$/.test(before)) return [];
  const end = closing < 0 ? lines.length : closing;
  const present = new Set(
    lines
      .slice(opening + 1, end)
      .flatMap((one, index) => (index + opening + 1 === line ? [] : [/^([\w]+):/.exec(one)?.[1]])),
  );
  return KNOWN_KEYS.filter((key) => !present.has(key) && !NOT_OFFERED.has(key)).map((key) => ({
    label: key,
    kind: CompletionItemKind.Property,
    insertText: LIST_KEYS.has(key) ? `${key}:\n  - ` : `${key}: `,
    ...(ABOUT[key] ? { detail: ABOUT[key] } : {}),
  }));
}

function valuesOf(key: string, before: string, place: ReadmePlace): readonly CompletionItem[] {
  const isQuoted = /["']/.test(before);
  const quote = (text: string) => (isQuoted ? text : `"${text}"`);
  const pythons = [...place.profile.versions.python].sort(compareVersions).reverse();
  const values: Readonly<Record<string, readonly string[]>> = {
    sdk: ['gradio'],
    python_version: pythons.map(quote),
    app_file: place.scripts,
    colorFrom: COLOURS,
    colorTo: COLOURS,
    suggested_hardware: ['zero-a10g'],
  };
  const found = values[key] ?? (SWITCHES.has(key) ? ['true', 'false'] : []);
  const space = /:$/.test(before) ? ' ' : '';
  return found.map((label, index) => ({
    label,
    kind: CompletionItemKind.Value,
    insertText: `${space}${label}`,
    sortText: String(index).padStart(4, '0'),
  }));
}
