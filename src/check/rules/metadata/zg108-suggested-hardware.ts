import { frontMatterField } from '../../../space/index.js';
import { defineRule } from '../../rule.js';
import { fieldRange, replaceValue, textOf } from './fields.js';

type Data = { readonly hardware: string };

/** What the Hub calls ZeroGPU, whatever the card is. */
const ZERO_GPU = /^zero(-|gpu|$)/i;

export const suggestedHardware = defineRule<Data>({
  id: 'ZG108',
  name: 'suggested-hardware',
  severity: 'info',
  summary: 'people who duplicate the Space are offered other hardware than ZeroGPU',
  docs: {
    why: `\`suggested_hardware\` is what somebody who duplicates the Space is offered. It does not choose the hardware of
this Space; that is set in its settings.`,
    instead:
      'Write `suggested_hardware: zero-a10g`, the name of ZeroGPU on the Hub, whatever the card.',
    examples: [
      { title: 'Fails', language: 'yaml', code: 'suggested_hardware: a10g-small' },
      { title: 'Passes', language: 'yaml', code: 'suggested_hardware: zero-a10g' },
    ],
    evidence: 'Spaces configuration reference of Hugging Face.',
  },
  *check({ space }) {
    const field = frontMatterField(space, 'suggested_hardware');
    const hardware = textOf(space, 'suggested_hardware');
    if (!field || hardware === null || ZERO_GPU.test(hardware)) return;
    const fix = replaceValue(field, 'zero-a10g');
    yield {
      file: 'README.md',
      range: fieldRange(field),
      data: { hardware },
      ...(fix && { fix: { ...fix, safety: 'unsafe' as const } }),
    };
  },
  words({ hardware }) {
    return {
      message: `duplicates of this Space are offered ${hardware}, not ZeroGPU`,
      note: 'zero-a10g is ZeroGPU',
      help: 'suggested_hardware: zero-a10g',
    };
  },
});
