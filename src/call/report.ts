/** What `zerogpu call` prints while a call runs, and at its end. */
import type { Writable } from 'node:stream';
import { printable, printableLine } from '../shared/printable.js';
import type { GpuCall } from './gpu-calls.js';
import type { CallNews } from './gradio.js';
import { costLines, streamedText } from './words.js';

export interface CallEnding {
  /** `refused`: the allocator gave no GPU. */
  readonly outcome: 'done' | 'failed' | 'refused';
  readonly failure: { readonly title: string | null; readonly text: string } | null;
  /** Null where the allocator could not be listened to. */
  readonly calls: readonly GpuCall[] | null;
}

export interface Report {
  news(news: CallNews): void;
  end(ending: CallEnding): void;
}

/** Outputs on stdout, as they stream; notices, progress, words of a refusal and cost on stderr. */
export function textReport(stdout: Writable, say: (line: string) => void): Report {
  let shown: readonly unknown[] | null = null;
  let isLineOpen = false;
  const write = (text: string) => {
    if (text === '') return;
    stdout.write(printable(text));
    isLineOpen = !text.endsWith('\n');
  };
  return {
    news(news) {
      if (news.type === 'outputs') {
        write(streamedText(shown, news.outputs));
        shown = news.outputs;
      } else if (news.type === 'notice') {
        say(`${printableLine(titled(news))}\n`);
      } else if (news.type === 'progress') {
        say(`${printableLine(news.text)}\n`);
      }
    },
    end({ outcome, failure, calls }) {
      if (isLineOpen) stdout.write('\n');
      if (failure) {
        const code = outcome === 'refused' ? 'E_CALL_REFUSED' : 'E_CALL_FAILED';
        say(
          `error  the visitor reads:  ${code}\n  ${printable(titled(failure)).replaceAll('\n', '\n  ')}\n`,
        );
      }
      for (const line of costLines(calls ?? [])) say(`${line}\n`);
      if (calls === null) say('what it cost is not known: no run of zerogpu has this address\n');
      else if (calls.length === 0) say('no GPU call was made\n');
    },
  };
}

/** One object a line: `outputs`, `notice` and `progress` as they come, `result` last. */
export function jsonReport(write: (line: string) => void): Report {
  let last: readonly unknown[] | null = null;
  const emit = (event: string, fields: object) =>
    write(`${JSON.stringify({ event, ...fields })}\n`);
  return {
    news({ type, ...fields }) {
      if (type === 'done') return;
      if ('outputs' in fields) last = fields.outputs;
      emit(type, fields);
    },
    end({ outcome, failure, calls }) {
      const told = failure && titled(failure);
      emit('result', { version: 1, outcome, outputs: last, told, calls });
    },
  };
}

function titled({ title, text }: { readonly title: string | null; readonly text: string }): string {
  return title ? `${title}: ${text.trim()}` : text.trim();
}
