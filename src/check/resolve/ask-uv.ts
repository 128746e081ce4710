/**
 * Asks uv whether the requirements of a Space can be installed together: for the platform's Python, on Linux
 * x86-64, from wheels alone. uv builds nothing, so no code of any package runs. Loaded for `--resolve` only.
 */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EXIT, UserError } from '../../shared/errors.js';
import { findOnPath } from '../../shared/find-program.js';
import { cacheDir } from '../../shared/user-folders.js';
import type { Resolution } from '../rule.js';
import type { ResolutionQuestion } from './question.js';
import { readUvAnswer, type UvAnswer } from './uv-answer.js';

type Environment = Readonly<Record<string, string | undefined>>;

export interface UvOptions {
  readonly env: Environment;
  readonly interrupted: AbortSignal;
  /** Milliseconds for one question; a first one downloads the metadata of a hundred packages. */
  readonly longestMs?: number;
}

const LONGEST_MS = 120_000;
/** Packages without wheels that are set aside, one after the other. */
const MOST_ROUNDS = 12;

/** Runs on the platform: Debian with glibc 2.28 or newer, as PyTorch's own wheels want it. */
const PLATFORM = 'x86_64-unknown-linux-gnu';

/**
 * uv: on PATH, in the activated environment, or the one that `zerogpu run` has fetched.
 *
 * @throws UserError E_CHECK_RESOLVE when there is none
 */
export function findUv(env: Environment): string {
  const active = env['VIRTUAL_ENV'];
  const found = [
    findOnPath('uv', env),
    active ? join(active, 'bin', 'uv') : null,
    join(cacheDir(env), 'tools', 'uv', 'bin', 'uv'),
  ].find((path) => path !== null && existsSync(path));
  if (found) return found;
  throw new UserError('E_CHECK_RESOLVE', '--resolve needs uv, and there is none on PATH', {
    why: 'uv answers whether a set of requirements can be installed together.',
    fix: ['pip install uv', 'or: zerogpu check   (without --resolve)'],
    exitCode: EXIT.cannot,
  });
}

/**
 * @param uv the program
 * @throws the signal's reason when it is aborted
 */
export async function askUv(
  uv: string,
  question: ResolutionQuestion,
  { env, interrupted, longestMs = LONGEST_MS }: UvOptions,
): Promise<Resolution> {
  const dir = await mkdtemp(join(tmpdir(), 'zerogpu-resolve-'));
  try {
    await writeQuestion(dir, question);
    const left = new Set(question.left);
    let allowsPreReleases = question.allowsPreReleases;
    const sourceOnly = new Set<string>();
    for (let round = 0; round < MOST_ROUNDS; round += 1) {
      // An override whose marker never holds takes a package out, whoever asks for it.
      const out = [...sourceOnly].map((name) => `${name} ; sys_platform == "none"\n`).join('');
      await writeFile(join(dir, 'overrides.txt'), out);
      const flags = [
        ...(question.constraints.length > 0 ? ['--constraint', 'constraints.txt'] : []),
        ...(sourceOnly.size > 0 ? ['--override', 'overrides.txt'] : []),
        ...(allowsPreReleases ? ['--prerelease', 'allow'] : []),
      ];
      const command = [...ARGUMENTS, '--python-version', question.python, ...flags];
      const answer = await runUv(uv, command, dir, env, interrupted, longestMs);
      const names = answer.kind === 'source-only' ? answer.names : [];
      const fresh = names.filter((name) => !sourceOnly.has(name));
      if (answer.kind === 'source-only' && fresh.length > 0) {
        for (const name of fresh) sourceOnly.add(name);
        for (const name of fresh) left.add(`${name} (built from source)`);
      } else if (answer.kind === 'pre-release' && !allowsPreReleases) {
        allowsPreReleases = true;
      } else {
        return toResolution(answer, [...left]);
      }
    }
    return { kind: 'unknown', why: 'too many of its packages have no wheel', left: [...left] };
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}

const ARGUMENTS = [
  'pip',
  'compile',
  'requirements.txt',
  '--no-build',
  '--python-platform',
  PLATFORM,
  // As pip does: the best version over all indexes that a requirements.txt names.
  '--index-strategy',
  'unsafe-best-match',
  '--no-header',
  '--no-annotate',
  '--quiet',
  '--color',
  'never',
];

async function writeQuestion(dir: string, question: ResolutionQuestion): Promise<void> {
  const text = (lines: readonly string[]) => lines.map((line) => `${line}\n`).join('');
  const { options, requirements, constraints } = question;
  await writeFile(join(dir, 'requirements.txt'), text([...options, ...requirements]));
  await writeFile(join(dir, 'constraints.txt'), text(constraints));
}

function toResolution(answer: UvAnswer, left: readonly string[]): Resolution {
  switch (answer.kind) {
    case 'resolved':
      return { kind: 'resolved', packages: answer.packages, left };
    case 'conflict':
      return { kind: 'conflict', words: answer.words, url: null, left };
    case 'gone':
      return { kind: 'conflict', words: answer.words, url: answer.url, left };
    case 'failed':
      return { kind: 'unknown', why: answer.why, left };
    default:
      return { kind: 'unknown', why: 'uv found no wheels to choose from', left };
  }
}

function runUv(
  uv: string,
  command: readonly string[],
  cwd: string,
  env: Environment,
  interrupted: AbortSignal,
  longestMs: number,
): Promise<UvAnswer> {
  return new Promise((done, fail) => {
    interrupted.throwIfAborted();
    const child = spawn(uv, command, {
      cwd,
      env: { ...env, ...UV_ENVIRONMENT },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let isLate = false;
    const timer = setTimeout(() => {
      isLate = true;
      child.kill('SIGKILL');
    }, longestMs);
    const stop = () => child.kill('SIGKILL');
    interrupted.addEventListener('abort', stop, { once: true });
    const texts = { stdout: '', stderr: '' };
    child.stdout.on('data', (chunk) => {
      texts.stdout += String(chunk);
    });
    child.stderr.on('data', (chunk) => {
      texts.stderr += String(chunk);
    });
    const end = (answer: UvAnswer) => {
      clearTimeout(timer);
      interrupted.removeEventListener('abort', stop);
      if (interrupted.aborted) fail(interrupted.reason);
      else done(answer);
    };
    child.on('error', (error) =>
      end({ kind: 'failed', why: `uv can't be started: ${error.message}` }),
    );
    child.on('close', (code) => {
      const why = `uv gave no answer within ${Math.round(longestMs / 1000)} s`;
      if (isLate) end({ kind: 'failed', why });
      else end(readUvAnswer(code === 0, texts.stdout, texts.stderr));
    });
  });
}

/** It resolves for another Python than its own, so it has to download none. */
const UV_ENVIRONMENT = {
  UV_PYTHON_DOWNLOADS: 'never',
  UV_HTTP_RETRIES: '1',
  UV_NO_PROGRESS: '1',
  NO_COLOR: '1',
};
