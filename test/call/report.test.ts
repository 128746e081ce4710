import { PassThrough } from 'node:stream';
import { describe, expect, it } from 'vitest';
import type { CallNews } from '../../src/call/gradio.js';
import { jsonReport, textReport } from '../../src/call/report.js';

const outputs = (...values: readonly unknown[]): CallNews => ({ type: 'outputs', outputs: values });

function text(
  news: readonly CallNews[],
  ending: Parameters<ReturnType<typeof textReport>['end']>[0],
) {
  const stdout = new PassThrough({ encoding: 'utf8' });
  let said = '';
  const report = textReport(stdout, (line) => {
    said += line;
  });
  for (const one of news) report.news(one);
  report.end(ending);
  return { stdout: (stdout.read() as string | null) ?? '', said };
}

const done = { outcome: 'done', failure: null, calls: [] } as const;

describe('what zerogpu call prints', () => {
  it('writes a text that grows once, and starts a new line for another text', () => {
    expect(
      text([outputs('He'), outputs('Hello'), outputs('Hello'), outputs('no')], done).stdout,
    ).toBe('Hello\nno\n');
  });

  it('writes several outputs line by line: text as it is, files by address, the rest as JSON', () => {
    const file = { path: '/tmp/a.png', url: 'http://127.0.0.1:7860/file=/tmp/a.png' };
    const news = [outputs('a', 1, { b: [2] }, file, { video: file }, null)];
    expect(text(news, done).stdout).toBe(`a\n1\n{"b":[2]}\n${file.url}\n${file.url}\nnull\n`);
  });

  it('prints the words that the visitor reads, and escapes what a Space says', () => {
    const failure = { title: 'ZeroGPU quota exceeded', text: 'You have \u001b[31m3 s left' };
    const { said } = text([], { outcome: 'refused', failure, calls: [] });
    expect(said).toContain(
      'E_CALL_REFUSED\n  ZeroGPU quota exceeded: You have \\u001b[31m3 s left',
    );
    expect(text([], { outcome: 'failed', failure, calls: null }).said).toMatch(
      /E_CALL_FAILED[\s\S]*what it cost is not known/,
    );
    expect(text([outputs('\u001b[2J')], done).stdout).toBe('\\u001b[2J\n');
  });

  it('--json ends with one object that has the last outputs', () => {
    const lines: string[] = [];
    const report = jsonReport((line) => void lines.push(line));
    report.news(outputs(1));
    report.news({ type: 'notice', title: 'Info', text: 'hm' });
    report.news(outputs(2));
    report.end(done);
    expect(lines.map((line) => JSON.parse(line) as unknown)).toEqual([
      { event: 'outputs', outputs: [1] },
      { event: 'notice', title: 'Info', text: 'hm' },
      { event: 'outputs', outputs: [2] },
      { event: 'result', version: 1, outcome: 'done', outputs: [2], told: null, calls: [] },
    ]);
  });
});
