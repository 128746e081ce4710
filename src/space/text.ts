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
