import type { PlatformProfile } from '../../../platform/index.js';
import {
  type FrontMatterField,
  type FrontMatterReading,
  frontMatterField,
  type SpaceModel,
  type TextRange,
} from '../../../space/index.js';
import type { Fix } from '../../rule.js';

type ReadFrontMatter = Extract<FrontMatterReading, { state: 'read' }>;

/** The front matter, where there is one that can be read: rules on fields have nothing to say otherwise. */
export function readBlock(space: SpaceModel): ReadFrontMatter | null {
  const frontMatter = space.readme?.frontMatter;
  return frontMatter?.state === 'read' ? frontMatter : null;
}

/** The first line of dashes: where a missing key is pointed at. */
export function blockRange({ firstLine }: ReadFrontMatter): TextRange {
  const line = Math.max(1, firstLine - 1);
  return { line, column: 1, endLine: line, endColumn: 4 };
}

/** The text of a plain field, trimmed; null where it is missing, empty, a list or a table. */
export function textOf(space: SpaceModel, key: string): string | null {
  const text = frontMatterField(space, key)?.text?.trim();
  return text ? text : null;
}

/** Where a field's value stands, else its key. */
export function fieldRange(field: FrontMatterField): TextRange {
  return field.valueRange ?? field.keyRange;
}

/** Puts other text where the value of a field stands. */
export function replaceValue(field: FrontMatterField, newText: string): Fix | undefined {
  if (!field.valueRange) return undefined;
  return { edits: [{ file: 'README.md', range: field.valueRange, newText }] };
}

/** Puts a `key: value` line below the line of another field. */
export function insertAfter(field: FrontMatterField, line: string): Fix | undefined {
  const { endLine, endColumn } = fieldRange(field);
  const at = { line: endLine, column: endColumn, endLine, endColumn };
  return { edits: [{ file: 'README.md', range: at, newText: `\n${line}` }] };
}

/** Whether the Space is one that ZeroGPU takes at all; other findings on another SDK would be noise. */
export function isGradio(space: SpaceModel, profile: PlatformProfile): boolean {
  const sdk = frontMatterField(space, 'sdk')?.value;
  return typeof sdk !== 'string' || profile.sdks.includes(sdk.trim().toLowerCase());
}
