/** Any command line, in any environment: a documented exit code, and one error that helps. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { PassThrough } from 'node:stream';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { main } from '../../src/cli/main.js';
import { createProgram } from '../../src/cli/program.js';
import { ERROR_CODES } from '../../src/shared/errors.js';
import type { World } from '../../src/shared/world.js';
import { commandLines } from '../support/fuzz/command-line.js';
import { FUZZ_TIMEOUT_MS, hostileText, tryAll } from '../support/fuzz/index.js';

vi.setConfig({ testTimeout: FUZZ_TIMEOUT_MS });

let root: string;
const [, worker = ''] = process.argv;
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'zerogpu-fuzz-cli-'));
  // What a command starts is zerogpu, as in a process of its own.
  process.argv[1] = resolve(import.meta.dirname, '../../bin/zerogpu.js');
});
afterAll(() => {
  process.argv[1] = worker;
  rmSync(root, { recursive: true, force: true });
});

/** What continues until it is interrupted is interrupted then. */
const INTERRUPT_AFTER_MS = 700;
const HANGS_AFTER_MS = 60_000;

type Environment = Readonly<Record<string, string>>;
interface Case {
  readonly argv: readonly string[];
  readonly env: Environment;
}

/** A folder with a Space that can be checked, and one that can't start. */
function makeFolder(): string {
  const dir = mkdtempSync(join(root, 'case-'));
  for (const name of ['home', 'space', 'half']) mkdirSync(join(dir, name));
  const readme = '---\nsdk: gradio\nsdk_version: 6.31.0\napp_file: app.py\n---\n';
  writeFileSync(join(dir, 'space/README.md'), readme);
  writeFileSync(join(dir, 'space/app.py'), 'import spaces\n\n@spaces.GPU\ndef f():\n    pass\n');
  writeFileSync(join(dir, 'half/README.md'), readme);
  return dir;
}

async function zerogpu({ argv, env }: Case) {
  const dir = makeFolder();
  const interrupt = new AbortController();
  const said = { stdout: '', stderr: '' };
  const stream = (name: 'stdout' | 'stderr') =>
    new PassThrough().on('data', (part) => {
      said[name] += part;
    });
  const world: World = {
    // No interpreter, no Hub, nothing of the person who runs this.
    env: {
      ...{ PATH: join(dir, 'nothing'), HOME: join(dir, 'home'), NO_COLOR: '1' },
      ...{ HF_ENDPOINT: 'http://127.0.0.1:9', XDG_RUNTIME_DIR: join(dir, 'home') },
      ...env,
    },
    cwd: dir,
    stdin: new PassThrough().end(),
    stdout: stream('stdout'),
    stderr: stream('stderr'),
    interrupted: interrupt.signal,
    onForced() {},
  };
  const timer = setTimeout(() => interrupt.abort('SIGINT'), INTERRUPT_AFTER_MS);
  let hang: NodeJS.Timeout | undefined;
  const hangs = new Promise<never>((_, failed) => {
    hang = setTimeout(() => failed(new Error(`hangs, having said ${said.stderr}`)), HANGS_AFTER_MS);
  });
  try {
    const code = await Promise.race([main(argv, world), hangs]);
    return { code, ...said };
  } finally {
    clearTimeout(timer);
    clearTimeout(hang);
    rmSync(dir, { recursive: true, force: true });
  }
}

const CODES = Object.keys(ERROR_CODES).join('|');

function expectHelp({ argv, env }: Case, ended: { code: number; stderr: string }): void {
  const { code, stderr } = ended;
  expect([0, 1, 2, 3, 130, 143], stderr).toContain(code);
  expect(stderr).not.toMatch(/^ +at \S|^bug {4}/m);
  // An error never names what the user did not write: that would be a hole in our sentence.
  const given = JSON.stringify([argv, env]);
  for (const hole of ['undefined', '[object Object]', 'NaN']) {
    if (!given.includes(hole)) expect(stderr).not.toContain(hole);
  }
  if (code !== 2 && code !== 3) return;
  const asJson =
    /--log-format[\0=]json/.test(argv.join('\0')) || env['ZEROGPU_LOG_FORMAT'] === 'json';
  if (asJson && stderr.startsWith('{')) {
    const line = stderr.trimEnd().split('\n').at(-1) ?? '';
    const { error } = JSON.parse(line) as { error: Record<string, unknown> };
    expect(error['code']).toMatch(new RegExp(`^(${CODES})$`));
    expect(error['fix']).not.toEqual([]);
    return;
  }
  // A command group that is called alone shows its help; `doctor` says what is wrong on stdout, and `status`
  // that no run is active.
  const isAnswer =
    code === 3 &&
    ((argv[0] === 'doctor' && stderr === '') ||
      (argv[0] === 'status' && /^(?:No Space is running\.|$)/.test(stderr)));
  if (/^Usage: /m.test(stderr) || isAnswer) return;
  const heads = stderr.match(new RegExp(`^error {2}[\\s\\S]*? {2}(${CODES})$`, 'gm')) ?? [];
  expect(heads.length, stderr).toBe(1);
  expect(stderr).toMatch(/^ {2}fix {4}\S/m);
}

const show = (one: Case) => JSON.stringify(one).slice(0, 3_000);

async function attempt(one: Case): Promise<void> {
  expectHelp(one, await zerogpu(one));
}

const quiet: World = {
  ...{ env: {}, cwd: '/', onForced() {}, interrupted: new AbortController().signal },
  ...{ stdin: new PassThrough(), stdout: new PassThrough(), stderr: new PassThrough() },
};
const program = createProgram(quiet, [], () => {});

it('every command line ends with a documented code, and wrong use is reported once, with its fix', async () => {
  const cases = commandLines(program).map((argv): Case => ({ argv, env: {} }));
  await tryAll(cases, 200, attempt, show, 6);
});

it('the environment may say anything', async () => {
  const twins = [...new Set(program.commands.flatMap(({ options }) => options))].flatMap(
    ({ envVar }) => envVar ?? [],
  );
  const harmless = hostileText.map((text) => text.replace(/[/\\~\0]/g, '_'));
  const others = ['HF_TOKEN', 'HF_ENDPOINT', 'HF_HUB_OFFLINE', 'SPACE_ID', 'COLUMNS', 'CI', 'TERM'];
  const env = fc.dictionary(fc.constantFrom(...twins, ...others), harmless, { maxKeys: 4 });
  const argv = fc.constantFrom(
    ...[['run', 'half'], ['check', 'space'], ['serve'], ['quota', '--once'], ['config', 'list']],
    ...[
      ['state', 'export'],
      ['init', '--list'],
      ['check', 'hf:me/hello'],
      ['quota', '--account', '--json'],
    ],
  );
  const cases = fc.record({ argv, env });
  await tryAll(cases, 60, attempt, show, 6);
});
