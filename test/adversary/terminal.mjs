/**
 * Escape codes from everywhere: each field of a Hub in turn, what an app prints, the messages of its exceptions,
 * the page that it serves. Whatever the commands print of it may hold no control character.
 *
 *   npm run build && ZEROGPU_ADVERSARY_ROUNDS=20 ZEROGPU_ADVERSARY_SEED=7 node test/adversary/terminal.mjs
 */
import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { conclude, ROUNDS, randomNumbers, SEED } from './host.mjs';

const CLI = resolve(import.meta.dirname, '../../bin/zerogpu.js');
const PYTHON = process.env.ZEROGPU_TEST_PYTHON ?? 'python3';
const WITHIN_MS = 90_000;
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must not be there
const CODES = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/;
/** Colour, title, clipboard, screen, cursor, a link, 8-bit codes, a new direction of writing, a bell. */
const ATTACKS = [
  ...['\u001b[31m', '\u001b]0;owned\u0007', '\u001b]52;c;b3duZWQ=\u0007', '\u001b[2J\u001b[H'],
  ...['\u001b[1A\u001b[2K', '\u001b]8;;http://x\u001b\\', '\u009b2J', '\u009d0;x\u009c', '\u202e'],
  ...['\u2066', '\u0007', '\u0008\u0008', '\u0000', '\u007f', '\u001bc', '\u001bP$q\u001b\\'],
];
const draw = randomNumbers(SEED);
const pick = (list) => list[Math.floor(draw() * list.length)];
const wrong = [];
const base = mkdtempSync(join(tmpdir(), 'zerogpu-adversary-'));

/** What a Hub answers, by the path; each text of it may get a code. */
const SHA = 'a'.repeat(40);
const ANSWERS = [
  [
    /^\/api\/whoami-v2/,
    {
      type: 'user',
      name: 'ada',
      fullname: 'Ada',
      isPro: true,
      orgs: [{ name: 'o', plan: 'team' }],
    },
  ],
  [
    /^\/api\/spaces\/zero-gpu\/quota/,
    { base: 300, current: 12, resetsAt: '2030-01-01T00:00:00.000Z', overquotaUsed: 0 },
  ],
  [/\/tree\//, [{ type: 'file', path: 'app.py', size: 3, oid: 'b'.repeat(40) }]],
  [/\/runtime/, { stage: 'RUNTIME_ERROR', hardware: { current: 'zero-a10g' }, errorMessage: 'no' }],
  [/\/(variables|secrets)$/, { NAME: { key: 'NAME', value: 'x', description: 'd' } }],
  [/^\/api\/spaces\?/, [{ id: 'ada/demo', runtime: { stage: 'BUILD_ERROR', hardware: null } }]],
  [
    /^\/api\/spaces\//,
    {
      ...{
        id: 'ada/demo',
        author: 'ada',
        private: false,
        sdk: 'gradio',
        sha: SHA,
        host: 'http://x',
      },
      runtime: { stage: 'RUNNING', hardware: { current: 'zero-a10g' }, errorMessage: 'none' },
      cardData: { title: 'Demo', sdk: 'gradio', sdk_version: '5.0.0', app_file: 'app.py' },
    },
  ],
];

/** The places of texts in a value, keys of it included. */
function places(value, path = []) {
  if (typeof value === 'string') return [path];
  if (value === null || typeof value !== 'object') return [];
  return Object.entries(value).flatMap(([key, one]) => [
    ...(Array.isArray(value) ? [] : [[...path, { key }]]),
    ...places(one, [...path, key]),
  ]);
}

/** The value with a code in one of its places. */
function poisoned(value, path, code) {
  const [head, ...rest] = path;
  if (head === undefined) return `${value}${code}`;
  if (typeof head === 'object') {
    const { [head.key]: one, ...others } = value;
    return { ...others, [`${head.key}${code}`]: one };
  }
  const copy = Array.isArray(value) ? [...value] : { ...value };
  copy[head] = poisoned(value[head], rest, code);
  return copy;
}

let attack = null;
const hub = createServer((request, response) => {
  const path = request.url ?? '';
  const known = ANSWERS.find(([pattern]) => pattern.test(path));
  const headers = { 'content-type': 'application/json' };
  if (attack?.kind === 'error') {
    // A header can't hold a code in Node; the body and the status line's text can't be trusted.
    response.writeHead(attack.status, headers);
    response.end(JSON.stringify({ error: `no${attack.code}`, message: attack.code }));
    return;
  }
  if (attack?.kind === 'text') {
    response.writeHead(200, headers);
    response.end(`{"a": ${attack.code}`);
    return;
  }
  if (!known) {
    response.writeHead(200);
    response.end('x=1');
    return;
  }
  const isMeant = attack?.answer === known;
  response.writeHead(200, headers);
  response.end(JSON.stringify(isMeant ? poisoned(known[1], attack.path, attack.code) : known[1]));
});
await new Promise((ready) => hub.listen(0, '127.0.0.1', ready));

function command(args, environment = {}) {
  const folders = Object.fromEntries(
    ['STATE', 'CONFIG', 'CACHE'].map((name) => [`XDG_${name}_HOME`, join(base, name)]),
  );
  const env = {
    ...process.env,
    ...folders,
    HF_ENDPOINT: `http://127.0.0.1:${hub.address().port}`,
    HF_TOKEN: 'hf_abcdefghijklmnop',
    ZEROGPU_NO_UPDATE_CHECK: '1',
    ...environment,
  };
  return new Promise((done) => {
    const child = spawn(process.execPath, [CLI, ...args], {
      ...{ cwd: base, env, stdio: ['ignore', 'pipe', 'pipe'], timeout: WITHIN_MS },
    });
    let said = '';
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (part) => (said += part));
    child.once('close', (code, signal) => done({ code: signal ?? code, said }));
  });
}

function judge(name, { code, said }) {
  const at = CODES.exec(said);
  if (at) wrong.push(`${name}: prints ${JSON.stringify(said.slice(at.index - 30, at.index + 20))}`);
  if (/^\s+at \S+ \(/m.test(said)) wrong.push(`${name}: a stack: ${said.slice(-200)}`);
  if (code === 70 || typeof code === 'string') wrong.push(`${name}: ended with ${code}: ${said}`);
}

const HUB_COMMANDS = [
  ['quota', '--account'],
  ['check', 'hf:ada/demo'],
  ['run', 'hf:ada/demo', '--no-install'],
  ['init', join(base, 'new'), '--from', 'hf:ada/demo', '--yes'],
  ['run', base, '--as', 'account', '--no-install'],
];
let tries = 0;
for (const answer of ANSWERS) {
  for (const path of places(answer[1])) {
    attack = { kind: 'field', answer, path, code: pick(ATTACKS) };
    const args = pick(HUB_COMMANDS);
    judge(`Hub ${answer[0]} ${JSON.stringify(path)} ${args[0]}`, await command(args));
    tries += 1;
  }
}
for (let round = 0; round < ROUNDS; round += 1) {
  const status = pick([400, 401, 403, 404, 409, 410, 418, 429, 451, 500, 502, 503]);
  attack = { kind: pick(['error', 'error', 'text']), status, code: pick(ATTACKS) };
  const args = pick(HUB_COMMANDS);
  judge(`Hub ${attack.kind} ${status} ${args[0]}`, await command(args));
  tries += 1;
}

/** How an app may fail, with a text. */
const FAILURES = [
  (text) => `raise RuntimeError(${text})`,
  (text) => `class E(Exception): pass\nE.__name__ = E.__qualname__ = ${text}[1:]\nraise E(${text})`,
  (text) => `raise SystemExit(${text})`,
  (text) => `import importlib; importlib.import_module("no" + ${text}.replace("\\0", ""))`,
  (text) => `open("/no/" + ${text}.replace("\\0", ""))`,
  (text) => `assert False, ${text}`,
  (text) => `exec(compile("x = (", ${text}.replace("\\0", ""), "exec"))`,
  (text) => `raise ExceptionGroup(${text}, [ValueError(${text})])`,
  (text) => `e = ValueError("x"); e.__notes__ = [${text}]; raise e`,
  (text) => `import sys; sys.stderr.write(${text}); print(${text}); sys.exit(3)`,
  (text) =>
    `import os; os.write(1, ${text}.encode()); os.write(2, b"\\x9b2J\\xff\\xfe"); os._exit(3)`,
  (text) => `import warnings; warnings.warn(${text}); raise KeyError(${text})`,
];
const space = join(base, 'space');
mkdirSync(space);
for (let round = 0; round < Math.max(ROUNDS, FAILURES.length); round += 1) {
  const code = Array.from({ length: 3 }, () => pick(ATTACKS)).join('a');
  const fail = FAILURES[round % FAILURES.length];
  const text = JSON.stringify(code).replaceAll('\u007f', '\\u007f');
  writeFileSync(join(space, 'app.py'), `${fail(text)}\n`, 'utf8');
  const format = pick([[], ['--log-format', 'json'], ['--ascii']]);
  const flags = [
    '--python',
    PYTHON,
    '--port',
    '0',
    '--fresh',
    '--allow-no-gpu-function',
    ...format,
  ];
  const ended = await command(['run', space, ...flags]);
  judge(`app ${round % FAILURES.length}`, ended);
  if (ended.code === 0) wrong.push(`app ${round % FAILURES.length}: a failure ended with 0`);
  tries += 1;
}
hub.close();
conclude('terminal', `${tries} commands`, wrong);
rmSync(base, { recursive: true, force: true });
