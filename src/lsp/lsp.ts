/** `zerogpu lsp`: the language server on stdin and stdout. */
import {
  createProtocolConnection,
  StreamMessageReader,
  StreamMessageWriter,
} from 'vscode-languageserver-protocol/node';
import { keepPython } from '../check/kept-python.js';
import type { RawCheckOptions } from '../check/options.js';
import { readUserSettings } from '../config/user-settings.js';
import { measuredFile } from '../shared/measured-file.js';
import { forDrawing } from '../shared/printable.js';
import { stateDir } from '../shared/user-folders.js';
import type { World } from '../shared/world.js';
import { warmPythonParser } from '../space/python/index.js';
import { LanguageServer } from './server.js';

export type LspWorld = Pick<World, 'env' | 'stdin' | 'stdout' | 'stderr' | 'interrupted'>;

export interface RawLspOptions extends Pick<RawCheckOptions, 'platform' | 'select' | 'ignore'> {
  readonly stateDir?: string;
}

/**
 * Serves one editor until it leaves or the process is interrupted.
 *
 * @returns the exit code: 0 after a shutdown, 1 when the editor left without one
 * @throws UserError E_USAGE for a flag that means nothing
 */
export async function lsp(raw: RawLspOptions, world: LspWorld, version: string): Promise<number> {
  const { stateDir: state, ...flags } = raw;
  const { env, stdin, stderr, interrupted } = world;
  const python = keepPython(env);
  // While the editor says what it can do; a failure is reported by the check that needs the parser.
  warmPythonParser();
  // The protocol is bytes between two programs: what is written for people is made printable, it is not.
  const stdout = forDrawing(world.stdout);
  const connection = createProtocolConnection(
    new StreamMessageReader(stdin),
    new StreamMessageWriter(stdout),
  );
  const server = new LanguageServer(connection, {
    version,
    flags,
    usersPlatform: async () => (await readUserSettings(env)).platform,
    askPython: python.ask,
    measuredFile: (space) => measuredFile(stateDir(state ?? null, env), space),
    onBug(error) {
      const stack = error instanceof Error ? (error.stack ?? error.message) : String(error);
      stderr.write(`bug    the language server continues\n${stack}\n`);
    },
  });
  const stop = () => connection.end();
  interrupted.addEventListener('abort', stop, { once: true });
  const ended = new Promise<number>((done) => {
    interrupted.addEventListener('abort', () => done(0), { once: true });
    stdin.once('end', () => done(1));
  });
  try {
    return await Promise.race([server.serve(), ended]);
  } finally {
    python.close();
    connection.dispose();
  }
}
