import { defineRule } from '../../rule.js';
import { at } from './facts.js';

type Data = { readonly function: string; readonly platform: string };

export const sizeNotOnProfile = defineRule<Data>({
  id: 'ZG337',
  name: 'size-not-on-profile',
  severity: 'warning',
  summary: 'xlarge, on an edition of the platform that does not have it',
  docs: {
    why: 'A whole GPU for a call is there on newer editions of the platform alone.',
    instead: 'Leave `size` out, or check against the edition that is meant with `--platform`.',
    examples: [
      {
        title: 'Fails on a platform without xlarge',
        language: 'python',
        code: '@spaces.GPU(size="xlarge")\ndef generate(prompt):\n    return pipe(prompt).images[0]',
      },
      {
        title: 'Passes on each platform',
        language: 'python',
        code: '@spaces.GPU\ndef generate(prompt):\n    return pipe(prompt).images[0]',
      },
    ],
    evidence: 'The profile; Hugging Face documentation, page "Spaces ZeroGPU" (2025-11-05).',
  },
  *check({ python, profile }) {
    if (profile.sizes.xlarge !== null) return;
    for (const { size, file, name, isReachable } of python.gpuFunctions) {
      if (size?.value !== 'xlarge' || !isReachable) continue;
      // The platform lacks it for all of them alike.
      yield at(file, size.node, { function: name, platform: profile.name });
      return;
    }
  },
  words({ function: name, platform }) {
    return { message: `\`${name}\` asks for xlarge, which is not on ${platform}` };
  },
});
