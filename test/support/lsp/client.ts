/** An editor for tests: a protocol client that holds documents and what the server says of them. */
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { PassThrough, type Readable, type Writable } from 'node:stream';
import { pathToFileURL } from 'node:url';
import type { Diagnostic, InitializeResult } from 'vscode-languageserver-protocol';
import {
  createProtocolConnection,
  type ProtocolConnection,
  StreamMessageReader,
  StreamMessageWriter,
} from 'vscode-languageserver-protocol/node';
import { lsp } from '../../../src/lsp/index.js';

export interface Editor {
  readonly connection: ProtocolConnection;
  readonly initialized: InitializeResult;
  /** The newest diagnostics of each file, by its path in the folder. */
  readonly diagnostics: ReadonlyMap<string, readonly Diagnostic[]>;
  uri(file: string): string;
  open(file: string, text?: string): Promise<void>;
  /** Replaces a stretch of the text, as a keystroke or a paste does; resolves with the answer to it. */
  edit(file: string, start: number, end: number, put: string): Promise<readonly Diagnostic[]>;
  text(file: string): string;
  /** Resolves when the server has said something of this version of the file. */
  said(file: string): Promise<void>;
  leave(): Promise<number | null>;
}

interface Wire {
  readonly input: Readable;
  readonly output: Writable;
  ended: Promise<number | null>;
}

/** A server in this process. */
export function serverHere(env: Record<string, string>, flags: { platform?: string } = {}): Wire {
  const [toServer, fromServer] = [new PassThrough(), new PassThrough()];
  const world = {
    env,
    stdin: toServer,
    stdout: fromServer,
    stderr: process.stderr,
    interrupted: new AbortController().signal,
  };
  return { input: fromServer, output: toServer, ended: lsp(flags, world, '0.0.0') };
}

/** A server as an editor starts it. */
export function serverProcess(env: Record<string, string | undefined>): Wire & { pid: number } {
  const bin = join(import.meta.dirname, '../../../bin/zerogpu.js');
  const child = spawn(process.execPath, [bin, 'lsp', '--stdio'], {
    env,
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const ended = new Promise<number | null>((done) => child.on('close', done));
  return { input: child.stdout, output: child.stdin, ended, pid: child.pid ?? 0 };
}

/** Opens a folder in an editor. */
export async function openEditor(
  folder: string,
  wire: Wire,
  initializationOptions: object = {},
): Promise<Editor> {
  const connection = createProtocolConnection(
    new StreamMessageReader(wire.input),
    new StreamMessageWriter(wire.output),
  );
  const documents = new Map<string, { text: string; version: number }>();
  const diagnostics = new Map<string, readonly Diagnostic[]>();
  const versions = new Map<string, number>();
  const waiting = new Set<() => void>();
  const root = pathToFileURL(folder).href;
  const uri = (file: string) => pathToFileURL(join(folder, file)).href;
  connection.onNotification('textDocument/publishDiagnostics', (params) => {
    const file = decodeURIComponent(params.uri.slice(root.length + 1));
    diagnostics.set(file, params.diagnostics);
    if (params.version !== undefined) versions.set(file, params.version);
    for (const check of [...waiting]) check();
  });
  connection.listen();
  const initialized = await connection.sendRequest<InitializeResult>('initialize', {
    processId: process.pid,
    rootUri: root,
    workspaceFolders: [{ uri: root, name: 'space' }],
    capabilities: {},
    initializationOptions,
  });
  await connection.sendNotification('initialized', {});
  const said = (file: string) =>
    new Promise<void>((done) => {
      const check = () => {
        if ((versions.get(file) ?? -1) < (documents.get(file)?.version ?? 0)) return;
        waiting.delete(check);
        done();
      };
      waiting.add(check);
      check();
    });
  return {
    connection,
    initialized,
    diagnostics,
    uri,
    said,
    text: (file) => documents.get(file)?.text ?? '',
    async open(file, content) {
      const text = content ?? readFileSync(join(folder, file), 'utf8');
      documents.set(file, { text, version: 1 });
      await connection.sendNotification('textDocument/didOpen', {
        textDocument: { uri: uri(file), languageId: 'plaintext', version: 1, text },
      });
      await said(file);
    },
    async edit(file, start, end, put) {
      const before = documents.get(file) ?? { text: '', version: 0 };
      const text = before.text.slice(0, start) + put + before.text.slice(end);
      const version = before.version + 1;
      documents.set(file, { text, version });
      const range = { start: place(before.text, start), end: place(before.text, end) };
      await connection.sendNotification('textDocument/didChange', {
        textDocument: { uri: uri(file), version },
        contentChanges: [{ range, text: put }],
      });
      await said(file);
      // What was sent in one go with it has come when the next answer has.
      const textDocument = { uri: uri(file) };
      await connection.sendRequest('textDocument/codeLens', { textDocument });
      return diagnostics.get(file) ?? [];
    },
    async leave() {
      await connection.sendRequest('shutdown');
      await connection.sendNotification('exit');
      const code = await wire.ended;
      connection.dispose();
      return code;
    },
  };
}

function place(text: string, offset: number): { line: number; character: number } {
  const before = text.slice(0, offset).split('\n');
  return { line: before.length - 1, character: before.at(-1)?.length ?? 0 };
}
