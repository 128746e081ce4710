/** Every Space that `init` can make: legal on its platform, whatever was answered. */
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { checkSpace } from '../../src/check/check-space.js';
import { rules } from '../../src/check/rules/index.js';
import { type Answers, titleProblem } from '../../src/init/answers.js';
import { readTemplates, type Template } from '../../src/init/manifest.js';
import { planFiles } from '../../src/init/plan.js';
import { renderSpace } from '../../src/init/render.js';
import { defaultTorch, gradioChoices, torchChoices } from '../../src/init/versions.js';
import { loadProfile } from '../../src/platform/index.js';
import { filesInMemory } from '../../src/space/index.js';
import { TEMPLATES } from '../support/templates.js';

let templates: readonly Template[];
beforeAll(async () => {
  templates = await readTemplates(TEMPLATES);
});

/** Each offered combination of releases, for each platform of each template. */
function everyAnswer(): readonly Answers[] {
  return templates.flatMap((template) =>
    template.platforms.map(loadProfile).flatMap((profile) =>
      gradioChoices(template, profile).flatMap((gradio) =>
        torchChoices(template, profile).map((torch) => ({
          ...{ template, title: template.title, profile, gradio, torch },
          ...{ license: 'mit', ci: 'github' as const, editor: 'none' as const, git: false },
        })),
      ),
    ),
  );
}

const asRecord = (answers: Answers) =>
  Object.fromEntries(renderSpace(answers, '1.2.3').map(({ path, content }) => [path, content]));

describe('a new Space', () => {
  it('passes `check --strict` in every combination that is offered', async () => {
    const answers = everyAnswer();
    expect(answers.length).toBeGreaterThan(60);
    for (const answer of answers) {
      const options = { platform: answer.profile.name, rules, hosting: null };
      const files = filesInMemory(asRecord(answer));
      const { findings, failures } = await checkSpace('new', files, options);
      const { template, profile, gradio, torch } = answer;
      const at = `${template.name} ${profile.name} gradio ${gradio} torch ${torch}`;
      expect(failures, at).toEqual([]);
      expect(
        findings.filter(({ severity }) => severity === 'error' || severity === 'warning'),
        at,
      ).toEqual([]);
    }
  });

  it('keeps any title as it was written', () => {
    const [first] = everyAnswer();
    if (!first) throw new Error('no template');
    const text = fc.string({ unit: 'grapheme', minLength: 1 }).filter((one) => !titleProblem(one));
    const titles = fc.oneof(text, fc.constantFrom('yes', 'null', '0x10', 'a: b', "it's #1", '$&'));
    fc.assert(
      fc.property(titles, (title) => {
        const readme = asRecord({ ...first, title })['README.md'] ?? '';
        const block = readme.slice(4, readme.indexOf('\n---\n', 3));
        expect(parse(block)).toMatchObject({ title, sdk: 'gradio', license: 'mit' });
        expect(readme).toContain(`\n# ${title}\n`);
      }),
    );
  });

  it('says its releases, its licence and its platform', () => {
    for (const answer of everyAnswer()) {
      const files = asRecord(answer);
      expect(files['README.md']).toContain(`\nsdk_version: ${answer.gradio}\n`);
      expect(files['requirements.txt']).toMatch(new RegExp(`^torch==${answer.torch}$`, 'm'));
      const settings = JSON.parse(files['zerogpu.json'] ?? '');
      expect(settings).toMatchObject({ platform: answer.profile.name });
      expect(files['template.json']).toBeUndefined();
    }
    const [first] = everyAnswer();
    expect(first && asRecord({ ...first, license: 'none' })['README.md']).not.toMatch(/^license:/m);
  });

  it('has a workflow for GitHub that is YAML and passes the flags on', () => {
    const path = '.github/workflows/zerogpu.yml';
    const multi = everyAnswer().find(({ template }) => template.name === 'multi-gpu');
    const text = (multi && asRecord(multi)[path]) ?? '';
    const steps = parse(text).jobs.space.steps.flatMap(({ run }: { run?: string }) => run ?? []);
    expect(steps).toEqual([
      'npx --yes zerogpu@1.2.3 check . --format github',
      'pip install pytest gradio_client',
      'npx --yes zerogpu@1.2.3 run . --yes --fresh --gpus 2 -- pytest tests/',
    ]);
    expect(multi && Object.keys(asRecord({ ...multi, ci: 'none' }))).not.toContain(path);
  });

  it('attaches VS Code to run --debug where it is asked to', () => {
    const [first] = everyAnswer();
    const text = first && asRecord({ ...first, editor: 'vscode' })['.vscode/launch.json'];
    expect(JSON.parse(text ?? '')).toMatchObject({
      configurations: [{ type: 'debugpy', request: 'attach', connect: { port: 5678 } }],
    });
    expect(first && Object.keys(asRecord(first))).not.toContain('.vscode/launch.json');
  });

  it('is offered with the release that the template was written with', () => {
    for (const template of templates) {
      for (const profile of template.platforms.map(loadProfile)) {
        const own = template.files.find(({ path }) => path === 'requirements.txt')?.content;
        if (own) expect(defaultTorch(template, profile)).toBe('2.8.0');
        expect(torchChoices(template, profile).length).toBeGreaterThan(0);
      }
    }
  });
});

describe('the plan', () => {
  const files = ['a', 'b'].map((path) => ({ path, content: path }));

  it.each([
    ['refuse', ['create', 'keep'], ['b']],
    ['keep', ['create', 'keep'], []],
    ['overwrite', ['create', 'overwrite'], []],
  ] as const)('with a file in the way, told to %s', (existing, actions, conflicts) => {
    const plan = planFiles(files, new Set(['b', 'other']), existing);
    expect(plan.files.map(({ action }) => action)).toEqual(actions);
    expect(plan.conflicts).toEqual(conflicts);
  });
});
