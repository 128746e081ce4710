/**
 * Asks a Python of this machine: `ast.parse`, for all files in one process. Loaded when there is something
 * to ask: the schema library and the process are more than most checks need.
 */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import * as z from 'zod';
import { findOnPath } from '../shared/find-program.js';
import type { AskPython, SyntaxAnswer, SyntaxVerdict } from './exact-syntax.js';

/** Milliseconds; parsing a file takes thousandths of that. */
const LONGEST_WAIT_MS = 10_000;

const SCRIPT = `
import ast, json, sys, warnings
warnings.simplefilter("ignore")
for line in sys.stdin:
    verdicts = {}
    for path, text in json.loads(line):
        try:
            ast.parse(text, path)
            verdicts[path] = None
        except SyntaxError as error:
            verdicts[path] = [error.lineno or 1, error.offset or 1, error.msg or "invalid syntax"]
        except Exception:
            pass
    answer = {"minor": "%d.%d" % sys.version_info[:2], "verdicts": verdicts}
    print(json.dumps(answer), flush=True)
`;

const answerSchema = z.object({
  minor: z.string(),
  verdicts: z.record(z.string(), z.tuple([z.number(), z.number(), z.string()]).nullable()),
});

/** Asks the Python on this machine that is nearest to the Space's. */
export function askPythonOf(env: Readonly<Record<string, string | undefined>>): AskPython {
  return async (files, minor) => {
    const input = questionOf(files);
    // A name on PATH may be a shim for a Python that is not there: the next one is asked.
    for (const command of findPythons(minor, env)) {
      const output = await runPython(command, input);
      const answer = output === null ? null : readAnswer(output);
      if (answer) return answer;
    }
    return null;
  };
}

/** One line for the script: JSON has no line end of its own. */
export function questionOf(files: Parameters<AskPython>[0]): string {
  return `${JSON.stringify(files.map((one) => [one.path, one.text]))}\n`;
}

/** How a Python is started that answers questions, a line each. */
export const ASK_ARGUMENTS: readonly string[] = ['-I', '-c', SCRIPT];

/** Nearest first: the Space's own version, the activated environment, and what `python3` is. */
export function findPythons(
  minor: string,
  env: Readonly<Record<string, string | undefined>>,
): readonly string[] {
  const active = env['VIRTUAL_ENV'] ? join(env['VIRTUAL_ENV'], 'bin', 'python') : null;
  const found = [
    findOnPath(`python${minor}`, env),
    active !== null && existsSync(active) ? active : null,
    findOnPath('python3', env),
  ];
  return [...new Set(found)].filter((one) => one !== null);
}

function runPython(command: string, input: string): Promise<string | null> {
  return new Promise((done) => {
    const child = spawn(command, ASK_ARGUMENTS, {
      stdio: ['pipe', 'pipe', 'ignore'],
      timeout: LONGEST_WAIT_MS,
      killSignal: 'SIGKILL',
    });
    const chunks: Buffer[] = [];
    child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk));
    // A Python that ends before it has read everything shows it by its exit code.
    child.stdin.on('error', () => undefined);
    child.on('error', () => done(null));
    child.on('close', (code) => done(code === 0 ? Buffer.concat(chunks).toString('utf8') : null));
    child.stdin.end(input);
  });
}

/** Null for what is not an answer. */
export function readAnswer(output: string): SyntaxAnswer | null {
  try {
    const { minor, verdicts } = answerSchema.parse(JSON.parse(output));
    return {
      minor,
      verdicts: new Map(
        Object.entries(verdicts).map(([path, one]): [string, SyntaxVerdict] => [
          path,
          one && { line: one[0], column: one[1], message: one[2] },
        ]),
      ),
    };
  } catch {
    return null;
  }
}
