/** `--env-file`: variables and secrets of the Space, as its settings on the Hub would give them to the app. */
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { EXIT, UserError } from '../../shared/errors.js';
import { parseEnvFile } from './parse-env-file.js';

/** More than that is not a file of settings. */
const LARGEST_BYTES = 1_000_000;

/**
 * Reads the files in their order: of a name that several have, the last counts.
 *
 * @param files as the user named them; a pipe will do
 * @throws UserError E_USAGE when one can't be read; no error holds a value
 */
export async function readEnvFiles(
  files: readonly string[],
  cwd: string,
  interrupted: AbortSignal,
): Promise<Readonly<Record<string, string>>> {
  const variables = new Map<string, string>();
  for (const file of files) {
    for (const [name, value] of parseEnvFile(await readText(file, cwd, interrupted), file)) {
      variables.set(name, value);
    }
  }
  return Object.fromEntries(variables);
}

async function readText(file: string, cwd: string, signal: AbortSignal): Promise<string> {
  let bytes: Buffer;
  try {
    bytes = await readFile(resolve(cwd, file), { signal });
  } catch (error) {
    signal.throwIfAborted();
    const { code, message } = error as NodeJS.ErrnoException;
    throw unusable(file, code === 'ENOENT' ? 'There is no such file.' : message);
  }
  if (bytes.length > LARGEST_BYTES) throw unusable(file, 'It is larger than 1 MB.');
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw unusable(file, 'It is not text in UTF-8.');
  }
}

function unusable(file: string, why: string): UserError {
  return new UserError('E_USAGE', `--env-file ${file} can't be read`, {
    why,
    fix: '--env-file FILE   (lines of NAME=value)',
    exitCode: EXIT.usage,
  });
}
