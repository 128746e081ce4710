/** The gateway's connections to the app on 127.0.0.1: one request at a time on each, kept for the next. */
import { connect, type Socket } from 'node:net';
import { AnswerReader, type AnswerSink } from './answer-reader.js';

/** How long an idle connection is kept, milliseconds: uvicorn closes it after 5 s. */
const IDLE_MS = 4_000;
const MOST_IDLE = 256;

/** Who gets the answer. */
export interface Asker extends AnswerSink {
  /** What has come in one piece was all given. */
  pieceRead(): void;
  /** The app reads again. */
  drained(): void;
  /** The connection ended before the answer did. */
  failed(error: Error): void;
}

export class AppConnections {
  readonly #idle: AppConnection[] = [];
  readonly #all = new Set<AppConnection>();
  #sweep: NodeJS.Timeout | null = null;

  hasIdle(port: number): boolean {
    return this.#takeFrom(port, false) !== undefined;
  }

  /** Sends a request's head, to the app on that port; the body follows by `write`. */
  ask(port: number, method: string, head: string, asker: Asker): AppConnection {
    const connection = this.#takeFrom(port, true) ?? new AppConnection(port, this);
    this.#all.add(connection);
    connection.begin(method, head, asker);
    return connection;
  }

  close(): void {
    if (this.#sweep) clearInterval(this.#sweep);
    for (const connection of this.#all) connection.destroy();
  }

  keep(connection: AppConnection): void {
    if (this.#idle.length >= MOST_IDLE) {
      connection.destroy();
      return;
    }
    this.#idle.push(connection);
    this.#sweep ??= setInterval(() => this.#dropOld(), 1_000).unref();
  }

  forget(connection: AppConnection): void {
    this.#all.delete(connection);
    const place = this.#idle.indexOf(connection);
    if (place >= 0) this.#idle.splice(place, 1);
  }

  #takeFrom(port: number, isTaken: boolean): AppConnection | undefined {
    for (let i = this.#idle.length - 1; i >= 0; i -= 1) {
      const connection = this.#idle[i];
      if (connection?.port !== port || !connection.isFresh) continue;
      if (isTaken) this.#idle.splice(i, 1);
      return connection;
    }
    return undefined;
  }

  #dropOld(): void {
    for (const connection of [...this.#idle]) if (!connection.isFresh) connection.destroy();
    if (this.#idle.length > 0 || this.#sweep === null) return;
    clearInterval(this.#sweep);
    this.#sweep = null;
  }
}

export class AppConnection {
  readonly port: number;
  readonly #owner: AppConnections;
  readonly #socket: Socket;
  #asker: Asker | null = null;
  #reader: AnswerReader | null = null;
  #isSent = false;
  #idleUntilMs = 0;

  constructor(port: number, owner: AppConnections) {
    this.port = port;
    this.#owner = owner;
    const socket = connect({ host: '127.0.0.1', port, noDelay: true });
    this.#socket = socket;
    socket.on('data', (bytes: Buffer) => this.#read(bytes));
    socket.on('drain', () => this.#asker?.drained());
    socket.on('end', () => this.#closed());
    socket.on('error', (error) => this.#fail(error));
    socket.on('close', () => this.#fail(new Error('the app closed the connection')));
  }

  /** Whether an idle connection is good for another request. */
  get isFresh(): boolean {
    return this.#socket.writable && performance.now() < this.#idleUntilMs;
  }

  begin(method: string, head: string, asker: Asker): void {
    this.#asker = asker;
    this.#reader = new AnswerReader(method, asker);
    this.#isSent = false;
    this.#socket.write(head, 'latin1');
  }

  /** @returns whether the app reads: if not, the asker waits for `drained` */
  write(part: Buffer): boolean {
    return this.#socket.write(part);
  }

  /** One chunk of a body whose length is not known; as `write`. */
  writeChunk(part: Buffer): boolean {
    if (part.length === 0) return true;
    this.#socket.cork();
    this.#socket.write(`${part.length.toString(16)}\r\n`, 'latin1');
    this.#socket.write(part);
    const goesOn = this.#socket.write('\r\n', 'latin1');
    this.#socket.uncork();
    return goesOn;
  }

  /** The request is whole; without it the connection carries no other one. */
  sent(last = ''): void {
    this.#isSent = true;
    if (last !== '') this.#socket.write(last, 'latin1');
  }

  pause(): void {
    this.#socket.pause();
  }

  resume(): void {
    this.#socket.resume();
  }

  destroy(): void {
    this.#asker = null;
    this.#owner.forget(this);
    this.#socket.destroy();
  }

  #read(bytes: Buffer): void {
    const asker = this.#asker;
    const reader = this.#reader;
    if (asker === null || reader === null) {
      // An idle connection has nothing to bring.
      this.destroy();
    } else if (this.#isRight(() => reader.read(bytes))) {
      if (reader.isWhole) this.#release(reader);
      asker.pieceRead();
    }
  }

  #closed(): void {
    const asker = this.#asker;
    if (!this.#isRight(() => this.#reader?.close())) return;
    this.destroy();
    asker?.pieceRead();
  }

  #isRight(read: () => void): boolean {
    try {
      read();
      return true;
    } catch (error) {
      this.#fail(error instanceof Error ? error : new Error(String(error)));
      return false;
    }
  }

  #release(reader: AnswerReader): void {
    this.#asker = null;
    this.#reader = null;
    this.#socket.resume();
    if (this.#isSent && reader.keepsConnection) {
      this.#idleUntilMs = performance.now() + Math.min(IDLE_MS, reader.keptMs ?? IDLE_MS);
      this.#owner.keep(this);
    } else this.destroy();
  }

  #fail(error: Error): void {
    const asker = this.#asker;
    this.destroy();
    asker?.failed(error);
  }
}
