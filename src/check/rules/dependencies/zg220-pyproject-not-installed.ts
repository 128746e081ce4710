import { defineRule } from '../../rule.js';

type Data = { readonly count: number; readonly usesUv: boolean };

export const pyprojectNotInstalled = defineRule<Data>({
  id: 'ZG220',
  name: 'pyproject-not-installed',
  severity: 'warning',
  summary: 'dependencies are in pyproject.toml alone, which the platform does not read',
  docs: {
    why: 'The platform installs what `requirements.txt` lists. Dependencies in `pyproject.toml` are not installed, and the app ends at its first import.',
    instead: 'Write them into requirements.txt, or export them.',
    examples: [
      {
        title: 'Fails: files of the Space',
        language: 'text',
        code: 'README.md\napp.py\npyproject.toml',
      },
      {
        title: 'Passes: files of the Space',
        language: 'text',
        code: 'README.md\napp.py\npyproject.toml\nrequirements.txt',
      },
      {
        title: 'With uv',
        language: 'sh',
        code: 'uv export --no-hashes --no-emit-project --no-emit-package gradio --no-emit-package spaces > requirements.txt',
      },
    ],
    evidence: 'Build logs of public Spaces, 2024 to 2026: only requirements.txt is given to pip.',
  },
  *check({ space }) {
    const { pyproject, requirements } = space;
    const count = pyproject?.dependencies.length ?? 0;
    if (!pyproject || count === 0 || requirements !== null) return;
    const { usesUv } = pyproject;
    yield { file: 'pyproject.toml', range: null, data: { count, usesUv } };
  },
  words({ count, usesUv }) {
    const what = count === 1 ? 'a dependency' : `${count} dependencies`;
    return {
      message: `${what} of pyproject.toml will not be installed: there is no requirements.txt`,
      help: usesUv
        ? 'uv export --no-hashes --no-emit-project > requirements.txt'
        : 'list them in requirements.txt',
    };
  },
});
