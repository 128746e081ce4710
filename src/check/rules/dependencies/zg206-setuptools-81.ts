import { defineRule } from '../../rule.js';
import { isBelow } from '../../versions.js';
import { installed } from './entries.js';

type Data = { readonly project: string; readonly specifier: string };

/** Source distributions whose setup imports pkg_resources, which setuptools 81 has dropped. */
const PROJECTS = [
  { name: 'openai-whisper', before: '20240927' },
  { name: 'deepspeed', before: '0.16' },
] as const;

export const setuptools81 = defineRule<Data>({
  id: 'ZG206',
  name: 'setuptools-81',
  severity: 'warning',
  summary: 'a source distribution needs pkg_resources, which new setuptools no longer has',
  docs: {
    why: `pip builds a source distribution in an environment with the newest setuptools. From 81 on there is no
\`pkg_resources\` in it, and an old setup.py ends with "No module named 'pkg_resources'".`,
    instead: 'Take a newer release of the project, or a wheel.',
    notFound: 'A project held at a newer release, or named by the URL of a wheel.',
    evidence: 'Hugging Face guidance for authors (list of known errors).',
  },
  *check(context) {
    for (const { name, before } of PROJECTS) {
      for (const entry of installed(context, name)) {
        if (entry.url !== null || !isBelow(entry.specifier, before)) continue;
        const { file, requirementRange: range, specifier } = entry;
        yield { file, range, data: { project: name, specifier } };
      }
    }
  },
  words({ project, specifier }) {
    return {
      message: `${project}${specifier} is built from source and needs pkg_resources, which setuptools 81 dropped`,
      help: `a newer release of ${project}, or a wheel`,
    };
  },
});
