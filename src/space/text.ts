/** A byte order mark, and the encoding that it stands for. */
const MARKS = [
  { bytes: [0xef, 0xbb, 0xbf], encoding: 'utf-8' },
  { bytes: [0xff, 0xfe], encoding: 'utf-16le' },
  { bytes: [0xfe, 0xff], encoding: 'utf-16be' },
] as const;

/**
 * Text of a file that a person saved with whatever editor: UTF-8, or what a byte order mark says
 * (PowerShell writes UTF-16 when `pip freeze` is sent to a file, and pip reads it). Bytes that are
 * no text come out as U+FFFD.
 */
export function decodeText(bytes: Uint8Array): string {
  const mark = MARKS.find(({ bytes: start }) => start.every((byte, i) => bytes[i] === byte));
  return new TextDecoder(mark?.encoding ?? 'utf-8').decode(bytes);
}

/** Lines without their ends, whether these are LF, CRLF or CR. */
export function splitLines(text: string): readonly string[] {
  return text.split(/\r\n|\n|\r/);
}

/** A text file as it lies on disk: enough to change a line of it and leave the rest as it was. */
export interface SourceText {
  /** Without byte order mark. */
  readonly text: string;
  /** Without their ends. */
  readonly lines: readonly string[];
  readonly encoding: 'utf-8' | 'utf-16le' | 'utf-16be';
  readonly hasMark: boolean;
  /** False when some bytes are no text in that encoding, and would be lost on the way back. */
  readonly isExact: boolean;
}

/** Reads bytes as {@link decodeText} does, and remembers how. */
export function decodeSource(bytes: Uint8Array): SourceText {
  const mark = MARKS.find(({ bytes: start }) => start.every((byte, i) => bytes[i] === byte));
  const encoding = mark?.encoding ?? 'utf-8';
  const text = new TextDecoder(encoding).decode(bytes);
  return {
    text,
    lines: splitLines(text),
    encoding,
    hasMark: mark !== undefined,
    isExact: isValid(bytes, encoding),
  };
}

function isValid(bytes: Uint8Array, encoding: string): boolean {
  try {
    new TextDecoder(encoding, { fatal: true }).decode(bytes);
    return true;
  } catch {
    return false;
  }
}
