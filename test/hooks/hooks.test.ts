/** What GitHub and pre-commit read of this repository: their steps are run as these programs run them. */
import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import * as z from 'zod';
import { writeSpace } from '../support/lsp/space.js';

const root = resolve(import.meta.dirname, '../..');
const folder = mkdtempSync(join(tmpdir(), 'zerogpu-hooks-'));
const asked = join(folder, 'asked');

beforeAll(() => {
  writeSpace(folder);
  const bin = join(folder, 'bin');
  mkdirSync(bin);
  // npm is asked for the package, and the checkout answers for it.
  writeFileSync(join(bin, 'npm'), `#!/bin/sh\necho "$@" >> ${asked}\n`);
  const cli = join(root, 'bin/zerogpu.js');
  writeFileSync(
    join(bin, 'zerogpu'),
    `#!/bin/sh\necho "zerogpu $@" >> ${asked}\n[ "$1" = run ] && exit 0\nexec ${process.execPath} ${cli} "$@"\n`,
  );
  for (const name of ['npm', 'zerogpu']) chmodSync(join(bin, name), 0o755);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const actionSchema = z.object({
  inputs: z.record(z.string(), z.object({ description: z.string(), default: z.string() })),
  runs: z.object({
    using: z.literal('composite'),
    steps: z.array(
      z.object({
        name: z.string(),
        if: z.string().optional(),
        shell: z.literal('bash'),
        env: z.record(z.string(), z.string()),
        run: z.string(),
      }),
    ),
  }),
});

describe('action.yml', () => {
  const action = actionSchema.parse(parse(readFileSync(join(root, 'action.yml'), 'utf8')));

  /** Runs the steps with these inputs, as the runner does: the first that fails ends the job. */
  function runAction(given: Readonly<Record<string, string>>) {
    const inputs = Object.fromEntries(
      Object.entries(action.inputs).map(([name, one]) => [name, given[name] ?? one.default]),
    );
    const value = (text: string) =>
      text.replaceAll(/\$\{\{ inputs\.([\w-]+) \}\}/g, (_all, name: string) => {
        expect(inputs).toHaveProperty(name);
        return inputs[name] ?? '';
      });
    const output: string[] = [];
    for (const step of action.runs.steps) {
      const wanted = /^inputs\.(\w+) != ''$/.exec(step.if ?? '')?.[1];
      if (step.if !== undefined && inputs[wanted ?? ''] === '') continue;
      const env = Object.fromEntries(Object.entries(step.env).map(([k, v]) => [k, value(v)]));
      const path = `${join(folder, 'bin')}:/usr/bin:/bin`;
      const ended = spawnSync(
        'bash',
        ['--noprofile', '--norc', '-eo', 'pipefail', '-c', step.run],
        {
          cwd: folder,
          env: { PATH: path, HOME: folder, GITHUB_ACTIONS: 'true', ...env },
          encoding: 'utf8',
        },
      );
      output.push(ended.stdout + ended.stderr);
      if (ended.status !== 0) return { status: ended.status, failed: step.name, output };
    }
    return { status: 0, failed: null, output };
  }

  it('annotates, writes SARIF, and fails on errors; an empty platform is the default one', () => {
    const { status, failed, output } = runAction({ sarif: 'out.sarif' });
    expect([status, failed]).toEqual([1, 'Check']);
    expect(output.join('')).toContain('::error file=requirements.txt,line=1,endLine=1,col=1,');
    expect(JSON.parse(readFileSync(join(folder, 'out.sarif'), 'utf8')).version).toBe('2.1.0');
    expect(readFileSync(asked, 'utf8')).toContain('install --global zerogpu@latest\n');
  });

  it('runs the tests of a Space that passes, and takes a path with a space in it as one', () => {
    writeSpace(join(folder, 'my demo'), {
      'README.md': '---\nsdk: gradio\nsdk_version: 6.1.0\npython_version: "3.10"\n---\n',
      'requirements.txt': 'torch==2.8.0\n',
      'app.py': `import gradio as gr\nimport spaces\n\n\n@spaces.GPU(duration=15)\ndef run(x):\n    return x\n\n\ngr.Interface(run, "text", "text").launch()\n`,
    });
    const { status, output } = runAction({ path: 'my demo', run: 'pytest -q "a b"' });
    expect(status, output.join('')).toBe(0);
    expect(readFileSync(asked, 'utf8')).toContain(
      'zerogpu run my demo --yes -- bash -c pytest -q "a b"\n',
    );
    expect(existsSync(join(folder, 'my demo/out.sarif'))).toBe(false);
  });
});

it('.pre-commit-hooks.yaml names commands that there are, for the files that check reads', () => {
  const schema = z.array(
    z.strictObject({
      id: z.string(),
      name: z.string(),
      description: z.string(),
      entry: z.string(),
      language: z.literal('system'),
      files: z.string(),
      pass_filenames: z.literal(false),
      require_serial: z.literal(true),
    }),
  );
  const hooks = schema.parse(parse(readFileSync(join(root, '.pre-commit-hooks.yaml'), 'utf8')));
  expect(hooks.map(({ id }) => id)).toEqual(['zerogpu-check', 'zerogpu-fix']);
  for (const { entry, files } of hooks) {
    const [npx, yes, name, ...args] = entry.split(' ');
    expect([npx, yes, name]).toEqual(['npx', '--yes', 'zerogpu']);
    const help = spawnSync(process.execPath, [join(root, 'bin/zerogpu.js'), ...args, '--help']);
    expect(help.status).toBe(0);
    const pattern = new RegExp(files);
    for (const file of [
      'README.md',
      'a/app.py',
      'requirements.txt',
      'x/packages.txt',
      'pyproject.toml',
    ])
      expect(pattern.test(file), file).toBe(true);
    for (const file of ['README.rst', 'notes.txt', 'model.pyc'])
      expect(pattern.test(file)).toBe(false);
  }
});
