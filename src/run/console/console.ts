import { formatBytes } from '../../shared/bytes.js';
import type { Clock } from '../../shared/clock.js';
import { printable } from '../../shared/printable.js';
import { createNoiseFilter } from './app-noise.js';
import { ASCII_SYMBOLS, callLine, type Symbols, UNICODE_SYMBOLS } from './call-lines.js';
import type { NamedRecord } from './call-log.js';
import { type DeclaredDifference, declaredTable } from './declared-table.js';
import { renderUseTable, type UseRow } from './use-table.js';

/** Where talk goes: stderr of the process, or a test's list of lines. */
export type WriteLine = (line: string) => void;

export interface BannerFacts {
  readonly version: string;
  readonly platform: string;
  readonly platformAsOf: string;
  readonly backend: string;
  readonly slices: number;
  readonly gpus: number;
  readonly space: string;
  readonly packages: string;
  readonly url: string;
  readonly visitor: string;
  readonly deviceUrl: string;
  readonly limits: string;
  readonly notes: readonly string[];
  /** Each version that the Space declares, or the platform has, and that is not what runs. */
  readonly differences: readonly DeclaredDifference[];
  /** The local Hub, and what the Space is called there; null without one. */
  readonly hub: { readonly url: string; readonly spaceId: string } | null;
}

/** What `run` says while it works. One implementation for people, one for scripts. */
export interface RunConsole {
  progress(message: string): void;
  banner(facts: BannerFacts): void;
  ready(url: string, seconds: number): void;
  app(line: string, stream: 'stdout' | 'stderr'): void;
  call(record: NamedRecord): void;
  /** What the visitor's client shows, in the package's own words. */
  told(message: string, visitor: string): void;
  warn(message: string): void;
  stopping(message: string): void;
  table(rows: readonly UseRow[]): void;
}

/** The console that the flags ask for. */
export function createConsole(
  { logFormat, ascii }: { readonly logFormat: 'text' | 'json'; readonly ascii: boolean },
  write: WriteLine,
  clock: Clock,
): RunConsole {
  if (logFormat === 'json') return jsonConsole(write, clock);
  return textConsole(write, clock, ascii ? ASCII_SYMBOLS : UNICODE_SYMBOLS);
}

/** A console whose lines have been through `hide`, which takes secrets out. */
export function hidingConsole(console: RunConsole, hide: (text: string) => string): RunConsole {
  return {
    ...console,
    progress: (message) => console.progress(hide(message)),
    app: (line, stream) => console.app(hide(line), stream),
    told: (message, visitor) => console.told(hide(message), visitor),
    warn: (message) => console.warn(hide(message)),
  };
}

/** Plain lines for people; no cursor codes, so that logs and terminals look alike. */
export function textConsole(writeLine: WriteLine, clock: Clock, symbols: Symbols): RunConsole {
  // Whatever an app, its functions and its visitors are called, and whatever they say.
  const write = (line: string) => writeLine(printable(line));
  const stamp = () => timeOfDay(clock.now().wallMs);
  return {
    progress: (message) => write(`  ${message}`),
    banner(facts) {
      const plural = (n: number, word: string) => `${n} ${word}${n === 1 ? '' : 's'}`;
      write(
        `zerogpu ${facts.version}   platform ${facts.platform} (as of ${facts.platformAsOf})` +
          ` · ${facts.backend} · ${plural(facts.gpus, 'GPU')}, ${plural(facts.slices, 'slice')}`,
      );
      write(`  Space     ${facts.space} (${facts.packages})`);
      write(`  Open      ${facts.url.padEnd(30)}visitor: ${facts.visitor}`);
      write(`  Device    ${facts.deviceUrl.padEnd(30)}${facts.limits}`);
      if (facts.hub) {
        write(`  Hub       HF_ENDPOINT=${facts.hub.url}   this Space: ${facts.hub.spaceId}`);
      }
      for (const line of declaredTable(facts.differences)) write(`  ${line}`);
      for (const note of facts.notes) write(`  note      ${note}`);
    },
    ready: (_url, seconds) => write(`  ready in ${seconds.toFixed(1)} s; Ctrl-C stops\n`),
    app: createNoiseFilter((line) => write(`${stamp()} app  ${line}`)),
    call(record) {
      const line = callLine(record, symbols);
      if (line === null) return;
      write(`${stamp()} ${line}${memoryText(record)}`);
    },
    told: (message, visitor) => write(`${' '.repeat(9)}${visitor} reads: ${message}`),
    warn: (message) => write(`${stamp()} warn ${message}`),
    stopping: (message) => write(message),
    table(rows) {
      for (const line of renderUseTable(rows)) write(`  ${line}`);
    },
  };
}

/** One JSON object a line; `t` is ISO 8601, units are in the names. */
export function jsonConsole(write: WriteLine, clock: Clock): RunConsole {
  // Not the record's own time: under --speed that is quota time, which runs ahead of the clock.
  const emit = (event: string, fields: object) =>
    write(JSON.stringify({ t: new Date(clock.now().wallMs).toISOString(), event, ...fields }));
  return {
    progress: (message) => emit('progress', { message }),
    banner: (facts) => emit('banner', facts),
    ready: (url, seconds) => emit('ready', { url, seconds }),
    app: (line, stream) => emit('app', { stream, line }),
    call: ({ at: _quotaTime, event, ...fields }) => emit(event, fields),
    told: (message, visitor) => emit('told', { message, visitor }),
    warn: (message) => emit('warning', { message }),
    stopping: (message) => emit('stopping', { message }),
    table: (rows) => emit('summary', { functions: rows }),
  };
}

function memoryText(record: NamedRecord): string {
  if (record.event !== 'ended' || !record.peakVramBytes) return '';
  return `  peak ${formatBytes(record.peakVramBytes)}`;
}

function timeOfDay(wallMs: number): string {
  const date = new Date(wallMs);
  return [date.getHours(), date.getMinutes(), date.getSeconds()]
    .map((part) => String(part).padStart(2, '0'))
    .join(':');
}
