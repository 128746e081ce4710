import { mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { check } from '../../src/check/index.js';
import type { RawCheckOptions } from '../../src/check/options.js';
import { UserError } from '../../src/shared/errors.js';
import {
  entryOf,
  type RepositoryHub,
  SHA,
  type StubSpace,
  startRepository,
} from '../support/hub/repository.js';

const README = [
  '---',
  'title: Hello',
  'sdk: gradio',
  'sdk_version: 6.31.0',
  'app_file: app.py',
  'python_version: "3.12"',
  '---',
  '',
].join('\n');
const APP = [
  'import os',
  'import gradio as gr',
  'import spaces',
  'from lib.model import answer',
  'KEY = os.environ["API_KEY"]',
  '@spaces.GPU(duration=30)',
  'def run(text):',
  '    return answer(text)',
  'gr.Interface(run, "text", "text").launch()',
  '',
].join('\n');
const SPACE: StubSpace = {
  id: 'ada/hello',
  files: {
    'README.md': README,
    'requirements.txt': 'torch==2.13.0\n',
    'app.py': APP,
    'lib/model.py': 'def answer(text):\n    return text\n',
    'unused/notes.txt': 'nothing',
    'weights.safetensors': 'w'.repeat(1_000),
  },
  large: ['weights.safetensors'],
};

let repository: RepositoryHub;
let home: string;
beforeEach(async () => {
  repository = await startRepository(SPACE);
  home = mkdtempSync(join(tmpdir(), 'zerogpu-check-hub-'));
});
afterEach(async () => {
  await repository.close();
  rmSync(home, { recursive: true, force: true });
});

async function checked(
  path: string,
  options: RawCheckOptions = {},
  env: Readonly<Record<string, string>> = {},
) {
  const [stdout, stderr] = [new PassThrough(), new PassThrough()];
  const world = {
    env: { HF_ENDPOINT: repository.url, HF_HOME: home, HOME: home, PATH: '', ...env },
    cwd: home,
    stdout,
    stderr,
    interrupted: new AbortController().signal,
  };
  const ended = check([path], { format: 'json', ...options }, world, '1.2.3');
  const code = await ended.catch((error: unknown) => error);
  stdout.end();
  stderr.end();
  const out = await text(stdout);
  const report = out === '' ? null : JSON.parse(out);
  return { code, report, said: await text(stderr) };
}

const rulesOf = (report: { spaces: { findings: { rule: string }[] }[] }) =>
  report.spaces.flatMap(({ findings }) => findings.map(({ rule }) => rule));
const left = () =>
  readdirSync(home, { recursive: true, withFileTypes: true }).filter((one) => one.isFile());

describe('check hf:OWNER/NAME', () => {
  it('takes its page and its bare name, a folder of that name first', async () => {
    for (const path of ['ada/hello', 'https://huggingface.co/spaces/ada/hello']) {
      const { report } = await checked(path);
      expect(report.spaces[0].name).toBe('ada/hello');
    }
    mkdirSync(join(home, 'ada/hello'), { recursive: true });
    const asked = repository.hub.seen.length;
    const { report, said } = await checked('ada/hello');
    expect(report.spaces[0].name).toBe('hello');
    expect(said).toContain('the Space on the Hub of that name is hf:ada/hello');
    expect((await checked('ada/helo')).code).toMatchObject({
      code: 'E_SPACE_NOT_FOUND',
      fix: ['zerogpu check ada/hello', 'zerogpu check hf:ada/helo   (the Space on the Hub)'],
    });
    expect(repository.hub.seen.length).toBe(asked);
    expect((await checked('bob/hello')).code).toMatchObject({
      code: 'E_HUB_NOT_FOUND',
      why: expect.stringContaining('There is no folder bob/hello here'),
    });
  });

  it('reads what the rules need and no more, and says what the Hub knows', async () => {
    repository.serve({
      ...SPACE,
      runtime: { stage: 'CONFIG_ERROR', errorMessage: 'bad', hardware: { current: 'cpu-basic' } },
    });
    const { code, report, said } = await checked('hf:ada/hello');
    expect(code).toBe(1);
    expect(rulesOf(report)).toEqual(expect.arrayContaining(['ZG501', 'ZG502', 'ZG503']));
    expect(report.spaces[0].name).toBe('ada/hello');
    expect(said).toBe(`reading ada/hello at ${SHA.slice(0, 8)} from ${repository.url}\n`);
    const asked = repository.hub.seen
      .map(({ path }) => path)
      .filter((path) => /resolve/.test(path));
    expect(asked.map((path) => path.split(SHA)[1]).sort()).toEqual([
      '/README.md',
      '/app.py',
      '/lib/model.py',
      '/requirements.txt',
    ]);
    expect(repository.store.seen).toEqual([]);
  });

  it('a Space that is right is right, and is found in the cache offline', async () => {
    repository.serve({
      ...SPACE,
      variables: { API_KEY: { key: 'API_KEY', value: 'secret-value' } },
      secrets: {},
    });
    const online = await checked('hf:ada/hello', {}, { HF_TOKEN: 'hf_owner' });
    expect(rulesOf(online.report).filter((rule) => rule.startsWith('ZG5'))).toEqual([]);
    expect(online.code).toBe(0);
    const before = repository.hub.seen.length;
    const offline = await checked('hf:ada/hello', {}, { HF_HUB_OFFLINE: '1' });
    expect(offline.code).toBe(0);
    expect(offline.said).toContain('from the cache');
    expect(repository.hub.seen.length).toBe(before);
  });

  it('a private one is read with the token, and with none it is not there', async () => {
    repository.serve({ ...SPACE, privateTo: 'hf_owner' });
    const refused = await checked('hf:ada/hello');
    expect(refused.code).toMatchObject({ code: 'E_HUB_TOKEN', exitCode: 3 });
    const stranger = await checked('hf:ada/hello', {}, { HF_TOKEN: 'hf_other' });
    expect(stranger.code).toMatchObject({ code: 'E_HUB_NOT_FOUND', exitCode: 3 });
    const owner = await checked('hf:ada/hello', {}, { HF_TOKEN: 'hf_owner' });
    expect(owner.code).toBe(0);
    expect(JSON.stringify(owner)).not.toContain('hf_owner');
  });

  it.each([
    ['a missing revision', 'hf:ada/hello@v2', 'E_HUB_NOT_FOUND'],
    ['a revision that is a path', 'hf:ada/hello@../x', 'E_USAGE'],
    ['a name without an owner', 'hf:hello', 'E_USAGE'],
    ['a name that leaves the folder', 'hf:../hello', 'E_USAGE'],
    ['another Space', 'hf:ada/other', 'E_HUB_NOT_FOUND'],
  ])('%s has its error', async (_, path, wanted) => {
    expect((await checked(path)).code).toMatchObject({ code: wanted });
  });

  it.each([
    ['a file outside the Space', [entryOf('../evil.py', 'x')], 'E_HUB_ANSWER'],
    ['a hook of git', [entryOf('.git/hooks/post-checkout', 'x')], 'E_HUB_ANSWER'],
    ['a file larger than said', [{ ...entryOf('app.py', APP), size: 5 }], 'E_HUB_ANSWER'],
    [
      'a file that is not what its digest says',
      [entryOf('app.py', APP.replace('30', '31'))],
      'E_HUB_ANSWER',
    ],
    ['a file that is not there', [entryOf('packages.txt', 'ffmpeg')], 'E_HUB_NOT_FOUND'],
  ])('%s ends the check, and is not kept', async (_, entries, wanted) => {
    repository.serve({ ...SPACE, entries });
    const { code, report } = await checked('hf:ada/hello');
    expect(code).toBeInstanceOf(UserError);
    expect(code).toMatchObject({ code: wanted, exitCode: 3 });
    expect(report).toBeNull();
    expect(left().filter(({ name }) => name.includes('incomplete') || name === 'evil.py')).toEqual(
      [],
    );
  });

  it('what a link in git points to is text, and is never followed', async () => {
    repository.serve({
      ...SPACE,
      files: { ...SPACE.files, 'lib/model.py': '/etc/passwd' },
    });
    const { report } = await checked('hf:ada/hello');
    expect(JSON.stringify(report)).not.toContain('root:');
  });

  it.each(['fix', 'diff', 'watch'] as const)('--%s is for folders', async (flag) => {
    const { code } = await checked('hf:ada/hello', { [flag]: true });
    expect(code).toMatchObject({ code: 'E_USAGE' });
    expect(repository.hub.seen).toEqual([]);
  });
});
