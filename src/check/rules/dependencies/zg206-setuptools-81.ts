import facts from '../../data/package-facts.json' with { type: 'json' };
import { defineRule } from '../../rule.js';
import { compareVersions, isBelow, upperBound } from '../../versions.js';
import { installed } from './entries.js';

type Data = { readonly project: string; readonly specifier: string };

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
    examples: [
      { title: 'Fails', language: 'text', code: 'openai-whisper==20231117' },
      { title: 'Passes', language: 'text', code: 'openai-whisper>=20250625' },
    ],
    evidence: `Hugging Face guidance for authors (list of known errors); ${facts.source} (${facts.date}).`,
  },
  *check(context) {
    for (const { name, from, to } of facts.setupNeedsPkgResources) {
      for (const entry of installed(context, name)) {
        const { file, requirementRange: range, specifier, url } = entry;
        if (url !== null || !choosesAffected(specifier, from, to)) continue;
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

/** Whether pip may take only releases of that span; without an end the newest is in it. */
function choosesAffected(specifier: string, from: string | null, to: string | null): boolean {
  if (from !== null && isBelow(specifier, from)) return false;
  if (to === null) return true;
  return isBelow(specifier, to) || admitsOnly(specifier, to);
}

function admitsOnly(specifier: string, version: string): boolean {
  const bound = upperBound(specifier);
  return bound?.isIncluded === true && compareVersions(bound.version, version) === 0;
}
