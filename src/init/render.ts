/** The files of a new Space: the template's own, with the answers in their places. Pure. */
import { AGENTS_PATH, agentsPage } from './agents-page.js';
import type { Answers } from './answers.js';
import { LAUNCH_PATH, launchConfiguration } from './launch.js';
import type { SpaceFile } from './manifest.js';
import { GRADIO_4_PINS } from './versions.js';
import { WORKFLOW_PATH, workflow } from './workflow.js';

const GITIGNORE = `__pycache__/
*.pyc
.venv/
.pytest_cache/
# Written by runs.
*.ndjson
`;

const REQUIREMENTS_HEAD =
  "# Gradio and spaces are the platform's own: their versions are not set here.";

/** Words that YAML reads as something else than text, in one of its versions. */
const YAML_WORD = /^(true|false|null|yes|no|on|off|y|n)$/i;

/**
 * The Space's files by path, sorted.
 *
 * @param version of zerogpu, for the workflow
 */
export function renderSpace(answers: Answers, version: string): readonly SpaceFile[] {
  const files = new Map(answers.template.files.map(({ path, content }) => [path, content]));
  files.set('README.md', readme(files.get('README.md') ?? '', answers));
  files.set('requirements.txt', requirements(files.get('requirements.txt'), answers));
  files.set('zerogpu.json', settings(files.get('zerogpu.json') ?? '{}', answers));
  files.set('.gitignore', GITIGNORE);
  const hasTests = [...files.keys()].some((path) => path.startsWith('tests/'));
  files.set(AGENTS_PATH, agentsPage(answers.title, answers.template.run, hasTests));
  if (answers.ci === 'github') {
    files.set(WORKFLOW_PATH, workflow(version, answers.template.run));
  }
  if (answers.editor === 'vscode') files.set(LAUNCH_PATH, launchConfiguration());
  return [...files]
    .map(([path, content]) => ({ path, content }))
    .sort((a, b) => (a.path < b.path ? -1 : 1));
}

function readme(text: string, { template, title, gradio, license }: Answers): string {
  const end = text.indexOf('\n---\n', 3);
  const block = text
    .slice(0, end)
    .split('\n')
    .flatMap((line) => {
      if (line.startsWith('title:')) return `title: ${yamlText(title)}`;
      if (line.startsWith('sdk_version:')) return `sdk_version: ${gradio}`;
      if (!line.startsWith('license:')) return line;
      return license === 'none' ? [] : `license: ${license}`;
    });
  const body = text.slice(end).replace(`\n# ${template.title}\n`, () => `\n# ${title}\n`);
  return block.join('\n') + body;
}

/** A title as a YAML value: plain where that is safe, else quoted. */
function yamlText(text: string): string {
  const isPlain = /^\p{L}[\p{L}\p{N}_-]*( [\p{L}\p{N}_-]+)*$/u.test(text) && !YAML_WORD.test(text);
  return isPlain ? text : JSON.stringify(text);
}

function requirements(own: string | undefined, { torch, gradio }: Answers): string {
  const lines = (own ?? `${REQUIREMENTS_HEAD}\ntorch==${torch}\n`)
    .trimEnd()
    .split('\n')
    .map((line) => line.replace(/^torch==.*$/, `torch==${torch}`));
  if (gradio.startsWith('4.')) lines.push(...GRADIO_4_PINS);
  return `${lines.join('\n')}\n`;
}

function settings(own: string, { profile }: Answers): string {
  return `${JSON.stringify({ ...JSON.parse(own), platform: profile.name }, null, 2)}\n`;
}
