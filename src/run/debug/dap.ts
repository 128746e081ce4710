/** Messages of the Debug Adapter Protocol on a stream: JSON behind a header with its length in bytes. */
import type { Socket } from 'node:net';

/** What is read of a message; all else is passed on as it is. */
export interface DapMessage {
  seq: number;
  type: 'request' | 'response' | 'event';
  command?: string;
  event?: string;
  request_seq?: number;
  success?: boolean;
  message?: string;
  arguments?: Fields;
  body?: Fields;
}

export type Fields = Readonly<Record<string, unknown>>;

/** One side of a connection: numbers what it sends, and matches answers to requests. */
export interface DapPeer {
  /** Sends an event or a response; its number is given here. */
  send(message: Omit<DapMessage, 'seq'>): void;
  /** @throws Error with the peer's words when it refuses, or when the connection ends first */
  request(command: string, args?: Fields): Promise<Fields>;
  respond(to: DapMessage, body?: Fields): void;
  refuse(to: DapMessage, why: string): void;
  close(): void;
}

export interface DapHandlers {
  /** A request or an event of the peer. */
  message(message: DapMessage): void;
  /** Called once. */
  closed(): void;
}

/** A longer message ends the connection: variables come in pages. */
const LONGEST_BYTES = 64 * 1_048_576;
const LONGEST_HEADER_BYTES = 4_096;
const HEADER_END = '\r\n\r\n';

export function dapPeer(socket: Socket, handlers: DapHandlers): DapPeer {
  const waiting = new Map<number, (answer: DapMessage | null) => void>();
  let nextSeq = 1;
  const reader = dapReader(take);

  function take(message: DapMessage): void {
    if (message.type !== 'response') {
      handlers.message(message);
      return;
    }
    const seq = message.request_seq ?? -1;
    waiting.get(seq)?.(message);
    waiting.delete(seq);
  }
  function write(message: Omit<DapMessage, 'seq'>): number {
    const seq = nextSeq;
    nextSeq += 1;
    if (socket.writable) socket.write(dapBytes({ ...message, seq }));
    return seq;
  }

  socket.on('data', (bytes) => {
    if (!reader(bytes)) socket.destroy();
  });
  // The end is seen at `close`.
  socket.on('error', () => {});
  socket.once('close', () => {
    for (const give of waiting.values()) give(null);
    waiting.clear();
    handlers.closed();
  });

  return {
    send: (message) => void write(message),
    async request(command, args = {}) {
      const answer = await new Promise<DapMessage | null>((give) => {
        if (!socket.writable) return give(null);
        waiting.set(write({ type: 'request', command, arguments: args }), give);
      });
      if (answer === null) throw new Error(`the connection ended before ${command} was answered`);
      if (answer.success === false) throw new Error(answer.message ?? `${command} failed`);
      return answer.body ?? {};
    },
    respond: ({ seq, command }, body) =>
      void write({
        ...{ type: 'response', request_seq: seq, success: true },
        ...(command === undefined ? {} : { command }),
        ...(body === undefined ? {} : { body }),
      }),
    refuse: ({ seq, command }, message) =>
      void write({
        ...{ type: 'response', request_seq: seq, success: false, message },
        ...(command === undefined ? {} : { command }),
      }),
    close: () => void socket.end(),
  };
}

export function dapBytes(message: DapMessage): Buffer {
  const body = Buffer.from(JSON.stringify(message));
  return Buffer.concat([Buffer.from(`Content-Length: ${body.length}${HEADER_END}`), body]);
}

/** @returns takes bytes as they come, and says false when they are not the protocol */
export function dapReader(onMessage: (message: DapMessage) => void): (bytes: Buffer) => boolean {
  let parts: Buffer[] = [];
  let have = 0;
  let need = 0;
  return (bytes) => {
    parts.push(bytes);
    have += bytes.length;
    // Joined once there is enough: a long message comes in hundreds of pieces.
    if (have < need) return true;
    let rest = Buffer.concat(parts);
    for (;;) {
      const end = rest.indexOf(HEADER_END);
      if (end < 0) {
        [parts, have, need] = [[rest], rest.length, 0];
        return rest.length <= LONGEST_HEADER_BYTES;
      }
      const length = Number(/^content-length: *(\d+)/im.exec(rest.toString('latin1', 0, end))?.[1]);
      if (!(length <= LONGEST_BYTES)) return false;
      const start = end + HEADER_END.length;
      if (rest.length < start + length) {
        [parts, have, need] = [[rest], rest.length, start + length];
        return true;
      }
      const message = parse(rest.toString('utf8', start, start + length));
      if (message === null) return false;
      rest = rest.subarray(start + length);
      onMessage(message);
    }
  };
}

function parse(text: string): DapMessage | null {
  try {
    const value: unknown = JSON.parse(text);
    const isMessage = typeof value === 'object' && value !== null && 'type' in value;
    return isMessage ? (value as DapMessage) : null;
  } catch {
    return null;
  }
}
