import type { RequirementEntry } from '../../../space/index.js';
import { defineRule, type RuleContext } from '../../rule.js';
import { compareVersions, isBelow } from '../../versions.js';
import { blockRange, fieldRange, isGradio, readBlock } from '../metadata/fields.js';
import { constraining } from './entries.js';
import { gradioOf } from './gradio-release.js';

type Data = { readonly gradio: string; readonly missing: readonly string[] };

/**
 * Releases that an old Gradio does not survive, what is to be written against them, and the first Gradio
 * that does survive (`gradio/oauth.py` imports HfFolder up to 5.7.0).
 */
const BREAKERS = [
  { name: 'huggingface-hub', first: '1.0', write: 'huggingface_hub<0.26', fixedIn: '5.7.1' },
  { name: 'starlette', first: '1.0', write: 'starlette<0.40', fixedIn: '5.0.0' },
] as const;

/** The one that breaks the import itself, on every builder. */
const SURE = 'huggingface-hub';

/** Releases of libraries that keep huggingface_hub below 1.0 by their own metadata. */
const KEEP_HUB_OLD = [
  { name: 'transformers', below: '5.0' },
  { name: 'tokenizers', below: '0.22' },
] as const;

export const oldGradioClash = defineRule<Data>({
  id: 'ZG205',
  name: 'old-gradio-clash',
  severity: 'error',
  summary: 'an old Gradio meets newer releases of its dependencies, which it does not survive',
  docs: {
    why: `Gradio 4 leaves its dependencies open at the top. With huggingface_hub 1.0 its import fails with "cannot import
name 'HfFolder'" (Gradio 5.0.0 to 5.7.0 too); with Starlette 1.0 the page of Gradio 4 fails with "'dict' object is not
hashable" or "unhashable type".
A build of today takes these releases unless something holds them. When Starlette alone is not held, it is a
warning: for some releases the platform holds FastAPI back itself.`,
    instead: 'Move to Gradio 5.7.1 or newer, or hold the packages in requirements.txt.',
    notFound:
      'Packages that are held by a bound of their own, or huggingface_hub where a pinned transformers below 5 holds it.',
    examples: [
      {
        title: 'Fails with sdk_version 4.44.1: nothing holds the packages',
        language: 'text',
        code: 'transformers',
      },
      {
        title: 'Passes',
        language: 'text',
        code: 'huggingface_hub<0.26\njinja2<3.2\nstarlette<0.40',
      },
    ],
    evidence:
      'Hugging Face guidance for authors; reproduced with gradio 4.44.1 and huggingface_hub 1.x, starlette 1.x; gradio/oauth.py and the metadata of 5.0.0 to 5.9.1; build logs of public Spaces, 2026.',
  },
  *check(context) {
    const { space, profile } = context;
    const block = readBlock(space);
    const gradio = gradioOf(context);
    if (!block || !isGradio(space, profile) || gradio === null) return;
    const { gradioMinimum } = profile.versions;
    if (compareVersions(gradio, gradioMinimum) < 0) return;
    const missing = BREAKERS.filter(
      ({ name, first, fixedIn }) =>
        compareVersions(gradio, fixedIn) < 0 && !isHeld(context, name, first),
    );
    if (missing.length === 0) return;
    const field = block.fields.get('sdk_version');
    yield {
      file: 'README.md',
      range: field ? fieldRange(field) : blockRange(block),
      // For some old releases the platform holds FastAPI back, and Starlette with it.
      ...(missing.some(({ name }) => name === SURE) ? {} : { severity: 'warning' as const }),
      data: { gradio, missing: missing.map(({ write }) => write) },
    };
  },
  words({ gradio, missing }) {
    return {
      message: `Gradio ${gradio} does not work with today's releases of what it needs`,
      help: `sdk_version of Gradio 5.7.1 or newer, or in requirements.txt: ${missing.join(' ')}`,
    };
  },
});

function isHeld(context: RuleContext, name: string, first: string): boolean {
  const holds = (entry: RequirementEntry, bound: string) =>
    entry.url !== null || isBelow(entry.specifier, bound);
  if (constraining(context, name).some((entry) => holds(entry, first))) return true;
  if (name !== 'huggingface-hub') return false;
  return KEEP_HUB_OLD.some(({ name: other, below }) =>
    constraining(context, other).some(({ specifier }) => isBelow(specifier, below)),
  );
}
