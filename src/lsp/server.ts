/** The language server: what an editor says and asks. Which Space it is about, `OpenSpaces` finds. */
import {
  CodeActionKind,
  CodeActionRequest,
  type CodeLens,
  CodeLensRefreshRequest,
  CodeLensRequest,
  type CompletionItem,
  CompletionRequest,
  DidChangeConfigurationNotification,
  DidChangeTextDocumentNotification,
  DidChangeWatchedFilesNotification,
  DidChangeWorkspaceFoldersNotification,
  DidCloseTextDocumentNotification,
  DidOpenTextDocumentNotification,
  DidSaveTextDocumentNotification,
  ExitNotification,
  type Hover,
  HoverRequest,
  InitializedNotification,
  type InitializeParams,
  InitializeRequest,
  type InitializeResult,
  type Position,
  type ProtocolConnection,
  PublishDiagnosticsNotification,
  type PublishDiagnosticsParams,
  RegistrationRequest,
  ShutdownRequest,
  TextDocumentSyncKind,
} from 'vscode-languageserver-protocol';
import type { AskPython } from '../check/exact-syntax.js';
import type { CheckOptions, RawCheckOptions } from '../check/options.js';
import { readMeasured } from '../shared/measured.js';
import { actionsAt, FIX_ALL } from './actions.js';
import { completionAt } from './completion/index.js';
import { Documents } from './documents.js';
import { hoverAt } from './hover.js';
import { lensesOf } from './lenses.js';
import { OpenSpaces } from './open-spaces.js';
import { pathOf, pathWithin } from './places.js';
import { settingsOf } from './settings.js';
import type { Checked } from './space-check.js';

export interface LanguageServerPorts {
  readonly version: string;
  /** Flags of the command line; the editor's settings go before them. */
  readonly flags: RawCheckOptions;
  readonly usersPlatform: () => Promise<string | undefined>;
  readonly askPython: AskPython;
  /** Where a run on a real GPU keeps what it measured of a Space. */
  readonly measuredFile: (space: string) => string;
  /** Told of a bug. */
  readonly onBug: (error: unknown) => void;
}

/** Files outside an editor's buffers whose changes count. */
const WATCHED = '**/{*.py,*.txt,*.toml,README.md,zerogpu.json}';

export class LanguageServer {
  readonly #connection: ProtocolConnection;
  readonly #ports: LanguageServerPorts;
  readonly #documents = new Documents();
  readonly #spaces: OpenSpaces;
  #roots: string[] = [];
  #options: CheckOptions;
  #client: InitializeParams['capabilities'] = {};
  #isShutDown = false;

  constructor(connection: ProtocolConnection, ports: LanguageServerPorts) {
    this.#connection = connection;
    this.#ports = ports;
    this.#options = settingsOf({}, ports.flags);
    this.#spaces = new OpenSpaces(this.#documents, {
      ...ports,
      roots: () => this.#roots,
      options: () => this.#options,
      publish: (params) => this.#send(params),
      lensesChanged: () => this.#refreshLenses(),
    });
  }

  /** Serves until the editor leaves. @returns the exit code: 1 when it left without a shutdown */
  async serve(): Promise<number> {
    const connection = this.#connection;
    const ended = new Promise<number>((done) => {
      connection.onNotification(ExitNotification.type, () => done(this.#isShutDown ? 0 : 1));
      connection.onClose(() => done(this.#isShutDown ? 0 : 1));
    });
    connection.onRequest(InitializeRequest.type, (params) => this.#initialize(params));
    connection.onNotification(InitializedNotification.type, () => this.#watchFiles());
    connection.onRequest(ShutdownRequest.type, () => {
      this.#isShutDown = true;
    });
    this.#listenToDocuments();
    this.#listenToWorkspace();
    this.#answer();
    connection.listen();
    const code = await ended;
    this.#spaces.close();
    return code;
  }

  #initialize(params: InitializeParams): InitializeResult {
    const { capabilities, workspaceFolders, rootUri, initializationOptions } = params;
    this.#client = capabilities;
    const uris = workspaceFolders?.map(({ uri }) => uri) ?? (rootUri ? [rootUri] : []);
    this.#roots = uris.flatMap((uri) => pathOf(uri) ?? []);
    this.#configure(initializationOptions);
    return {
      serverInfo: { name: 'zerogpu', version: this.#ports.version },
      capabilities: {
        textDocumentSync: {
          openClose: true,
          change: TextDocumentSyncKind.Incremental,
          save: { includeText: false },
        },
        hoverProvider: true,
        codeActionProvider: { codeActionKinds: [CodeActionKind.QuickFix, FIX_ALL] },
        codeLensProvider: { resolveProvider: false },
        completionProvider: { triggerCharacters: ['=', ':', '"', "'", ' ', '('] },
        workspace: { workspaceFolders: { supported: true, changeNotifications: true } },
      },
    };
  }

  #configure(value: unknown): void {
    try {
      this.#options = settingsOf(value, this.#ports.flags);
    } catch (error) {
      // A value that means nothing: the flags hold, and the editor's log says why.
      this.#ports.onBug(error);
    }
  }

  #watchFiles(): void {
    if (!this.#client.workspace?.didChangeWatchedFiles?.dynamicRegistration) return;
    const { method } = DidChangeWatchedFilesNotification;
    const registerOptions = { watchers: [{ globPattern: WATCHED }] };
    const registrations = [{ id: 'files', method, registerOptions }];
    this.#connection
      .sendRequest(RegistrationRequest.type, { registrations })
      .catch(this.#ports.onBug);
  }

  #listenToDocuments(): void {
    const connection = this.#connection;
    connection.onNotification(DidOpenTextDocumentNotification.type, ({ textDocument }) => {
      const { uri, languageId, version, text } = textDocument;
      this.#spaces.changed(this.#documents.open(uri, languageId, version, text)?.path);
    });
    connection.onNotification(DidChangeTextDocumentNotification.type, (params) => {
      const { uri, version } = params.textDocument;
      this.#spaces.changed(this.#documents.change(uri, version, params.contentChanges)?.path);
    });
    connection.onNotification(DidSaveTextDocumentNotification.type, ({ textDocument }) => {
      this.#spaces.changed(pathOf(textDocument.uri));
    });
    connection.onNotification(DidCloseTextDocumentNotification.type, ({ textDocument }) => {
      this.#spaces.changed(this.#documents.close(textDocument.uri));
    });
  }

  #listenToWorkspace(): void {
    const connection = this.#connection;
    connection.onNotification(DidChangeWatchedFilesNotification.type, ({ changes }) => {
      for (const { uri } of changes) this.#spaces.changedOnDisk(pathOf(uri));
    });
    connection.onNotification(DidChangeConfigurationNotification.type, ({ settings }) => {
      this.#configure((settings as { zerogpu?: unknown } | null)?.zerogpu ?? settings);
      this.#spaces.allChanged();
    });
    connection.onNotification(DidChangeWorkspaceFoldersNotification.type, ({ event }) => {
      const gone = event.removed.map(({ uri }) => pathOf(uri));
      const added = event.added.flatMap(({ uri }) => pathOf(uri) ?? []);
      this.#roots = [...this.#roots.filter((one) => !gone.includes(one)), ...added];
    });
  }

  #send(params: PublishDiagnosticsParams): void {
    this.#connection
      .sendNotification(PublishDiagnosticsNotification.type, params)
      .catch(this.#ports.onBug);
  }

  #refreshLenses(): void {
    if (!this.#client.workspace?.codeLens?.refreshSupport) return;
    this.#connection.sendRequest(CodeLensRefreshRequest.type).catch(this.#ports.onBug);
  }

  #answer(): void {
    const connection = this.#connection;
    connection.onRequest(HoverRequest.type, ({ textDocument, position }) =>
      this.#about<Hover | null>(textDocument.uri, null, (checked, file) =>
        hoverAt(checked, file, position),
      ),
    );
    connection.onRequest(CodeActionRequest.type, ({ textDocument, range, context }) =>
      this.#about(textDocument.uri, [], (checked, file, folder) => [
        ...actionsAt(checked, { folder, file, range, only: context.only }),
      ]),
    );
    connection.onRequest(CodeLensRequest.type, ({ textDocument }) =>
      this.#about<CodeLens[]>(textDocument.uri, [], async (checked, file, folder) => {
        const measured = await readMeasured(this.#ports.measuredFile(folder));
        return [...lensesOf(checked, file, measured)];
      }),
    );
    connection.onRequest(CompletionRequest.type, ({ textDocument, position }) =>
      this.#complete(textDocument.uri, position),
    );
  }

  async #complete(uri: string, position: Position): Promise<CompletionItem[]> {
    const document = this.#documents.at(pathOf(uri));
    if (!document) return [];
    return this.#about<CompletionItem[]>(uri, [], (checked, file) => [
      ...completionAt(checked, file, document.source.lines, position),
    ]);
  }

  /** Asks about a document as it is now: after the check of its newest text. */
  async #about<Answer>(
    uri: string,
    nothing: Answer,
    answer: (checked: Checked, file: string, folder: string) => Answer | Promise<Answer>,
  ): Promise<Answer> {
    const path = pathOf(uri);
    const check = path && this.#spaces.checkOf(path);
    if (!check) return nothing;
    const { folder } = check;
    const file = pathWithin(folder, path);
    const checked = await check.current();
    return checked === null || file === null ? nothing : answer(checked, file, folder);
  }
}
