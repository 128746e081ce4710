/**
 * The connection to a cluster's store. `ioredis` is loaded here, by whoever names a cluster, and by
 * nothing else.
 *
 * A request either is answered within its time or fails with `StoreUnreachable`; none is queued, and none
 * is sent twice: what has to arrive exactly once is the business of who asks. After one failure
 * every other request fails at once until the store has answered a PING.
 */
import { isIP } from 'node:net';
import type { Redis } from 'ioredis';
import { type Clock, systemClock, type Timer } from '../../shared/clock.js';
import { UserError } from '../../shared/errors.js';
import type { StoreAddress } from './address.js';
import { StoreRefused, StoreUnreachable, signInRefused } from './failures.js';
import type { Library } from './library.js';
import { claimSchema } from './schema.js';

/** A store that has not answered after this long is taken for unreachable. */
const ANSWER_WITHIN_MS = 1_000;
const CONNECT_WITHIN_MS = 2_000;
/** Between two looks whether it is back. */
const PROBE_MS = 250;

export interface StoreConnection {
  /** The address without password. */
  readonly shown: string;
  readonly isReachable: boolean;
  /** Why it can't be reached; null while it can. */
  readonly problem: string | null;
  /** A key of this cluster: `PREFIX:a:b`. */
  key(...parts: readonly string[]): string;
  /**
   * Runs a function of a library, which is loaded when the store lacks it.
   *
   * @throws StoreUnreachable; StoreRefused with the error of the function
   */
  run(
    library: Library,
    name: string,
    keys: readonly string[],
    args: readonly (string | number)[],
  ): Promise<unknown>;
  /**
   * Sends one command.
   *
   * @throws StoreUnreachable; StoreRefused for what the store says is wrong with it
   */
  send(command: string, ...args: readonly (string | number)[]): Promise<unknown>;
  close(): void;
}

export interface StoreOptions {
  readonly clock?: Clock;
  /** Called with each change: null when the store answers again, else why it can't be reached. */
  readonly onChange?: (problem: string | null) => void;
  /** As if the store had no functions: the script twin alone. For tests. */
  readonly withoutFunctions?: boolean;
}

/**
 * Connects and looks at the schema of what is in the store. A store that can't be reached is not an error
 * here: running calls have to go on without it, also after a restart of their allocator.
 *
 * @throws UserError E_CLUSTER_SIGN_IN, E_CLUSTER_NEWER
 */
export async function connectStore(
  address: StoreAddress,
  options: StoreOptions = {},
): Promise<StoreConnection> {
  // Once it is bundled, the default export is all that it has.
  const { default: Redis } = await import('ioredis');
  const { host, port, username, password } = address;
  const redis = new Redis({
    ...{ host, port, db: address.database },
    ...(username !== undefined && { username }),
    ...(password !== undefined && { password }),
    ...(address.tls && { tls: { host, ...(!isIP(host) && { servername: host }), ...address.tls } }),
    protocol: 2,
    connectionName: 'zerogpu',
    lazyConnect: true,
    connectTimeout: CONNECT_WITHIN_MS,
    commandTimeout: ANSWER_WITHIN_MS,
    enableOfflineQueue: false,
    autoResendUnfulfilledCommands: false,
    maxRetriesPerRequest: 0,
    enableReadyCheck: false,
    retryStrategy: () => PROBE_MS,
  });
  const connection = new Connection(redis, address, options);
  await connection.open();
  return connection;
}

class Connection implements StoreConnection {
  readonly shown: string;
  readonly #redis: Redis;
  readonly #address: StoreAddress;
  readonly #clock: Clock;
  readonly #onChange: (problem: string | null) => void;
  #hasFunctions: boolean;
  #problem: string | null = 'not connected yet';
  #lastError = 'the connection ended';
  #probe: Timer | null = null;
  #closed = false;

  constructor(redis: Redis, address: StoreAddress, options: StoreOptions) {
    this.#redis = redis;
    this.#address = address;
    this.shown = address.shown;
    this.#clock = options.clock ?? systemClock;
    this.#onChange = options.onChange ?? (() => {});
    this.#hasFunctions = options.withoutFunctions !== true;
    // Its message alone: the error has the command beside it, and so a password.
    redis.on('error', (error: Error) => {
      this.#lastError = error.message;
    });
    redis.on('close', () => this.#fail(this.#lastError));
  }

  get isReachable(): boolean {
    return this.#problem === null;
  }

  get problem(): string | null {
    return this.#problem;
  }

  key(...parts: readonly string[]): string {
    return [this.#address.prefix, ...parts].join(':');
  }

  /** @throws UserError for a store that answers, and refuses */
  async open(): Promise<void> {
    // Why it fails comes as an event.
    await this.#redis.connect().catch(() => {});
    try {
      await this.#greet();
    } catch (error) {
      if (!(error instanceof UserError)) return this.#fail(messageOf(error));
      this.close();
      throw error;
    }
  }

  async run(
    library: Library,
    name: string,
    keys: readonly string[],
    args: readonly (string | number)[],
  ): Promise<unknown> {
    if (this.#problem !== null) throw new StoreUnreachable(this.shown, this.#problem);
    try {
      // One await, and no other wrapper: this is what each call costs.
      return await (this.#hasFunctions
        ? this.#redis.call('FCALL', `${library.name}_${name}`, keys.length, ...keys, ...args)
        : this.#redis.call('EVALSHA', library.scriptDigest, keys.length, ...keys, name, ...args));
    } catch (error) {
      const failure = this.#failure(error);
      if (await this.#teach(library, failure)) return this.run(library, name, keys, args);
      throw failure;
    }
  }

  async send(command: string, ...args: readonly (string | number)[]): Promise<unknown> {
    if (this.#problem !== null) throw new StoreUnreachable(this.shown, this.#problem);
    return this.#send(command, args);
  }

  close(): void {
    this.#closed = true;
    this.#probe?.cancel();
    this.#redis.disconnect();
  }

  /** @returns whether the store lacked the library, and has it now */
  async #teach(library: Library, failure: Error): Promise<boolean> {
    const { message } = failure;
    if (/^ERR unknown command/i.test(message) && this.#hasFunctions) {
      this.#hasFunctions = false;
      return true;
    }
    if (/^NOSCRIPT/.test(message)) {
      await this.send('SCRIPT', 'LOAD', library.script);
      return true;
    }
    if (!/function not found/i.test(message)) return false;
    await this.send('FUNCTION', 'LOAD', library.functions).catch((error: unknown) => {
      // Another allocator was faster.
      if (!/already exists/i.test(messageOf(error))) throw error;
    });
    return true;
  }

  /** Signs in again after a connection is new, looks at the schema, and lets requests through. */
  async #greet(): Promise<void> {
    try {
      await this.#send('PING', []);
    } catch (error) {
      const why = error instanceof StoreRefused ? error.message : this.#lastError;
      if (isRefusal(why)) throw signInRefused(this.shown, why);
      throw error;
    }
    await claimSchema(
      (command, ...args) => this.#send(command, args),
      this.shown,
      (part) => this.key(part),
    );
    if (this.#problem === null) return;
    this.#problem = null;
    this.#onChange(null);
  }

  async #send(command: string, args: readonly (string | number)[]): Promise<unknown> {
    try {
      return await this.#redis.call(command, ...args);
    } catch (error) {
      throw this.#failure(error);
    }
  }

  /** What a request failed with, without the request: its arguments may have a password. */
  #failure(error: unknown): StoreRefused | StoreUnreachable {
    if (isReply(error)) return new StoreRefused(messageOf(error));
    const why = this.#redis.status === 'ready' ? messageOf(error) : this.#lastError;
    this.#fail(why);
    return new StoreUnreachable(this.shown, why);
  }

  #fail(why: string): void {
    if (this.#closed) return;
    const isNew = this.#problem === null;
    this.#problem = why;
    if (isNew) this.#onChange(why);
    this.#probe ??= this.#clock.after(PROBE_MS, () => void this.#lookAgain());
  }

  async #lookAgain(): Promise<void> {
    this.#probe = null;
    try {
      await this.#greet();
    } catch (error) {
      this.#fail(error instanceof UserError ? error.message : messageOf(error));
    }
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** The store has answered, with an error: it is there. */
function isReply(error: unknown): boolean {
  return error instanceof Error && error.name === 'ReplyError' && !isBusy(error);
}

/** Answers of a store that can do nothing for now: it starts, is a replica, or runs somebody's script. */
function isBusy(error: Error): boolean {
  return /^(LOADING|MASTERDOWN|READONLY|BUSY|CLUSTERDOWN|TRYAGAIN|MISCONF|OOM)\b/.test(
    error.message,
  );
}

function isRefusal(why: string): boolean {
  return /^(NOAUTH|WRONGPASS|NOPERM|ERR AUTH)\b/.test(why);
}
