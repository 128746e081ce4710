import { frontMatterField } from '../../../space/index.js';
import { defineRule } from '../../rule.js';
import { blockRange } from './fields.js';

type Data = { readonly sdk: string | null; readonly sdks: readonly string[] };

export const sdkNotGradio = defineRule<Data>({
  id: 'ZG102',
  name: 'sdk-not-gradio',
  severity: 'error',
  summary: 'the Space is not a Gradio Space',
  docs: {
    why: 'ZeroGPU is offered to Spaces of the Gradio SDK only. A Docker, Streamlit or static Space never gets a GPU.',
    instead: 'Write `sdk: gradio` and serve the app with Gradio.',
    notFound: 'A Dockerfile beside `sdk: gradio` is not used, and does no harm.',
    examples: [
      { title: 'Fails', language: 'yaml', code: 'sdk: docker' },
      { title: 'Passes', language: 'yaml', code: 'sdk: gradio\nsdk_version: 5.49.1' },
    ],
    evidence: 'Hugging Face documentation, page "Spaces ZeroGPU": Gradio SDK only.',
  },
  *check({ space, profile }) {
    const frontMatter = space.readme?.frontMatter;
    if (frontMatter?.state !== 'read') return;
    const field = frontMatterField(space, 'sdk');
    const sdk = typeof field?.value === 'string' ? field.value.trim() : null;
    if (sdk !== null && profile.sdks.includes(sdk.toLowerCase())) return;
    // The rule on types reports a list or a number.
    if (field && field.value !== null && sdk === null) return;
    const range = field?.valueRange ?? field?.keyRange ?? blockRange(frontMatter);
    yield { file: 'README.md', range, data: { sdk, sdks: profile.sdks } };
  },
  words({ sdk, sdks }) {
    const wanted = sdks.join(' or ');
    if (sdk === null) {
      return { message: `the front matter names no sdk`, help: `sdk: ${wanted}` };
    }
    return {
      message: `sdk is "${sdk}"; ZeroGPU runs Gradio Spaces only`,
      note: `write: ${wanted}`,
    };
  },
});
