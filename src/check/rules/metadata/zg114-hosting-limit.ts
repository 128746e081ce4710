import { defineRule } from '../../rule.js';

type Data = { readonly owner: string; readonly hosted: number; readonly limit: number };

export const hostingLimit = defineRule<Data>({
  id: 'ZG114',
  name: 'hosting-limit',
  severity: 'info',
  summary: 'the owner hosts as many ZeroGPU Spaces as the platform allows',
  docs: {
    why: `A PRO account may host a limited number of ZeroGPU Spaces, an Enterprise organization a larger one. The next
one is refused ZeroGPU hardware. The limit is asked about only when \`--owner\` and \`--hosted\` are given.`,
    instead: 'Free one of the others, or host it elsewhere.',
    examples: [
      {
        title: 'Fails: the owner hosts 10 already',
        language: 'sh',
        code: 'zerogpu check --owner personal --hosted 10',
      },
      {
        title: 'Passes: there is room',
        language: 'sh',
        code: 'zerogpu check --owner personal --hosted 9',
      },
      { title: 'Asking', language: 'sh', code: 'zerogpu check --owner personal --hosted 10' },
    ],
    evidence: 'Hugging Face documentation, page "Spaces ZeroGPU"; the profile has the numbers.',
  },
  *check({ hosting, profile }) {
    if (!hosting) return;
    const { owner, hosted } = hosting;
    const { proSpaces, organizationSpaces } = profile.hosting;
    const limit = owner === 'org' ? organizationSpaces : proSpaces;
    if (hosted >= limit) yield { file: 'README.md', range: null, data: { owner, hosted, limit } };
  },
  words({ owner, hosted, limit }) {
    const who = owner === 'org' ? 'an Enterprise organization' : 'a PRO account';
    return { message: `${who} may host ${limit} ZeroGPU Spaces, and ${hosted} are there already` };
  },
});
