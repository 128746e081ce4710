/**
 * Folders and settings as they should not be, and every command in them, drawn from a seed: each has to end in
 * time with a documented exit code, without a stack, and leave nothing in the folder it was started in.
 *
 *   npm run build && ZEROGPU_ADVERSARY_ROUNDS=50 ZEROGPU_ADVERSARY_SEED=7 node test/adversary/folders.mjs
 */
import { spawnSync } from 'node:child_process';
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { conclude, ROUNDS, randomNumbers, SEED } from './host.mjs';

const CLI = resolve(import.meta.dirname, '../../bin/zerogpu.js');
/** Exit codes of docs/cli.md that a command without a Space may end with. */
const CODES = [0, 1, 2, 3, 130];
const WITHIN_MS = 60_000;

const base = realpathSync(mkdtempSync(join(tmpdir(), 'zerogpu-adversary-')));
const space = join(base, 'space');
mkdirSync(space);
writeFileSync(join(space, 'app.py'), '');
const file = join(base, 'file');
writeFileSync(file, 'x');
const loop = join(base, 'loop');
symlinkSync(loop, loop);
const settings = join(base, 'settings');
mkdirSync(join(settings, 'zerogpu/config.json'), { recursive: true });

/** Default folders of the commands, in place of those of the person who runs this. */
const OWN = {
  ...{ HOME: join(base, 'home'), XDG_CONFIG_HOME: join(base, 'config') },
  ...{ XDG_STATE_HOME: join(base, 'state'), XDG_CACHE_HOME: join(base, 'cache') },
};

/** Variables to set; `undefined` removes one. */
const WORLDS = [
  { ZEROGPU_STATE_DIR: file },
  { ZEROGPU_STATE_DIR: '/dev/null' },
  { ZEROGPU_STATE_DIR: '/proc/self' },
  { ZEROGPU_STATE_DIR: join(base, 'x'.repeat(300)) },
  { ZEROGPU_STATE_DIR: join(base, 'x/'.repeat(3_000)) },
  { ZEROGPU_STATE_DIR: join(loop, 'x') },
  { XDG_STATE_HOME: 'near', XDG_CONFIG_HOME: 'near', XDG_CACHE_HOME: 'near' },
  { XDG_STATE_HOME: '', XDG_CACHE_HOME: '', HOME: '' },
  { XDG_STATE_HOME: undefined, HOME: undefined },
  { XDG_STATE_HOME: undefined, HOME: 'near' },
  { XDG_STATE_HOME: undefined, HOME: file },
  { XDG_STATE_HOME: undefined, HOME: join(base, 'nowhere') },
  { XDG_CACHE_HOME: file },
  { XDG_CONFIG_HOME: file },
  { XDG_CONFIG_HOME: settings },
  { TMPDIR: file },
  { TMPDIR: join(base, 'nowhere') },
];
const COMMANDS = [
  ...['state export -', 'state reset', `state import ${file}`, 'quota --once', 'status', 'stop'],
  ...[
    'logs',
    'config get',
    'config set run.gpus 2',
    'env list',
    'doctor',
    'check .',
    'wait --timeout 1s',
  ],
  ...['explain ZG101', 'completion bash', 'serve --port 99999', 'run . --no-install'],
];

/** Without HOME the state is that of the password file's home: nothing may change it. */
const CHANGES = /^(state (reset|import)|stop|config set|serve|run)\b/;

const draw = randomNumbers(SEED);
const pick = (list) => list[Math.floor(draw() * list.length)];
const wrong = [];
const tries = 8 * ROUNDS;
for (let number = 0; number < tries; number += 1) {
  const world = pick(WORLDS);
  const isHomeless = 'HOME' in world && world.HOME === undefined;
  const command = pick(COMMANDS.filter((one) => !isHomeless || !CHANGES.test(one)));
  const named = `${JSON.stringify(world).slice(0, 120)} ${command}`;
  const env = { ...process.env, NO_COLOR: '1', HF_HUB_OFFLINE: '1', ...OWN, ...world };
  for (const [name, value] of Object.entries(world)) if (value === undefined) delete env[name];
  const { status, stderr } = spawnSync(process.execPath, [CLI, ...command.split(' ')], {
    ...{ cwd: space, env, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] },
    ...{ timeout: WITHIN_MS, killSignal: 'SIGKILL' },
  });
  if (!CODES.includes(status)) wrong.push(`${named}: ended with ${status}: ${stderr.slice(-200)}`);
  if (/^\s+at \S+ \(/m.test(stderr)) wrong.push(`${named}: a stack: ${stderr.slice(-200)}`);
  const left = readdirSync(space).filter((name) => name !== 'app.py');
  if (left.length > 0) wrong.push(`${named}: left ${left} behind`);
  for (const name of left) rmSync(join(space, name), { recursive: true });
}
conclude('folders', `${tries} commands`, wrong);
rmSync(base, { recursive: true, force: true });
