import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import type { CodeAction, CodeLens, CompletionItem, Hover } from 'vscode-languageserver-protocol';
import { writeMeasured } from '../../src/shared/measured.js';
import { measuredFile } from '../../src/shared/measured-file.js';
import { type Editor, openEditor, serverHere, serverProcess } from '../support/lsp/client.js';
import { randomFrom } from '../support/lsp/random.js';
import {
  FILES,
  findingsOf,
  PYTHONS,
  randomEdit,
  shownIn,
  writeSpace,
} from '../support/lsp/space.js';

const folders: string[] = [];
const editors: Editor[] = [];

function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'zerogpu-lsp-'));
  folders.push(folder);
  return folder;
}

async function edit(folder: string, flags = {}): Promise<Editor> {
  const env = { PATH: PYTHONS, HOME: folder };
  const editor = await openEditor(folder, serverHere(env), flags);
  editors.push(editor);
  return editor;
}

afterEach(async () => {
  for (const editor of editors.splice(0)) await editor.leave();
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

describe('diagnostics', () => {
  it('are those of check on the same text, through random edits of every kind of file', async () => {
    const folder = newFolder();
    writeSpace(folder);
    const editor = await edit(folder);
    const names = Object.keys(FILES);
    for (const name of names) await editor.open(name);
    const seed = Number(process.env['ZEROGPU_LSP_SEED'] ?? 7);
    const edits = Number(process.env['ZEROGPU_LSP_EDITS'] ?? 20);
    const next = randomFrom(seed);
    const saved = newFolder();
    let settledBytes = 0;
    for (let count = 0; count < edits; count += 1) {
      if (count === edits / 2) settledBytes = process.memoryUsage().heapUsed;
      const name = names[Math.floor(next() * names.length)] ?? 'app.py';
      const { start, end, put } = randomEdit(editor.text(name), next);
      await editor.edit(name, start, end, put);
      writeSpace(saved, Object.fromEntries(names.map((one) => [one, editor.text(one)])));
      const about = `seed ${seed}, edit ${count} of ${name}`;
      expect(shownIn(editor.diagnostics), about).toEqual(await findingsOf(saved));
    }
    // What is replaced is let go: the second half of a long run needs no more than the first.
    expect(process.memoryUsage().heapUsed).toBeLessThan(settledBytes + 200_000_000);
  }, 3_600_000);

  it('disappear when the file is fixed, and follow what another program writes', async () => {
    const folder = newFolder();
    writeSpace(folder);
    const editor = await edit(folder);
    await editor.open('requirements.txt');
    const codes = () => editor.diagnostics.get('requirements.txt')?.map(({ code }) => code);
    expect(codes()).toEqual(expect.arrayContaining(['ZG201', 'ZG214']));
    await editor.edit(
      'requirements.txt',
      0,
      editor.text('requirements.txt').length,
      'torch==2.8.0\n',
    );
    expect(codes()).toEqual([]);
    expect(editor.diagnostics.get('README.md')?.map(({ code }) => code)).toContain('ZG107');
    writeFileSync(
      join(folder, 'README.md'),
      readFileSync(join(folder, 'README.md'), 'utf8').replace('3.10', '"3.10"'),
    );
    await editor.connection.sendNotification('workspace/didChangeWatchedFiles', {
      changes: [{ uri: editor.uri('README.md'), type: 2 }],
    });
    await expect.poll(() => editor.diagnostics.get('README.md')?.length).toBe(0);
  });

  it('say what is wrong with zerogpu.json, and leave a folder that is not a Space alone', async () => {
    const folder = newFolder();
    writeSpace(folder, { ...FILES, 'zerogpu.json': '{"platfrom": "h200"}\n' });
    const editor = await edit(folder);
    await editor.open('app.py');
    expect(editor.diagnostics.get('zerogpu.json')?.[0]?.code).toBe('E_CONFIG_INVALID');

    const other = newFolder();
    writeSpace(other, { 'README.md': '# Tool\n', 'app.py': 'import torch\n' });
    const plain = await edit(other);
    const textDocument = { uri: plain.uri('app.py') };
    await plain.connection.sendNotification('textDocument/didOpen', {
      textDocument: { ...textDocument, languageId: 'python', version: 1, text: 'import torch\n' },
    });
    const position = { line: 0, character: 1 };
    expect(
      await plain.connection.sendRequest('textDocument/hover', { textDocument, position }),
    ).toBe(null);
    expect([...plain.diagnostics]).toEqual([]);
  });
});

describe('what an editor may ask', () => {
  it('fixes: the safe ones preferred, the others marked, each what check --fix writes', async () => {
    const folder = newFolder();
    writeSpace(folder);
    const editor = await edit(folder);
    await editor.open('requirements.txt');
    const textDocument = { uri: editor.uri('requirements.txt') };
    const line = { start: { line: 0, character: 0 }, end: { line: 0, character: 0 } };
    const ask = (only: string[]) =>
      editor.connection.sendRequest<CodeAction[]>('textDocument/codeAction', {
        textDocument,
        range: line,
        context: { diagnostics: [], only },
      });
    const [fix] = await ask(['quickfix']);
    expect(fix).toMatchObject({ title: 'ZG201: torch==2.4.0', isPreferred: true });
    expect(fix?.diagnostics?.[0]?.code).toBe('ZG201');
    const edits = fix?.edit?.changes?.[textDocument.uri] ?? [];
    expect(apply(editor.text('requirements.txt'), edits)).toBe('torch==2.4.0\nflash-attn\n');
    const [all] = await ask(['source.fixAll']);
    expect(all?.kind).toBe('source.fixAll.zerogpu');

    await editor.open('app.py');
    const unsafe = await editor.connection.sendRequest<CodeAction[]>('textDocument/codeAction', {
      textDocument: { uri: editor.uri('app.py') },
      range: { start: { line: 0, character: 0 }, end: { line: 99, character: 0 } },
      context: { diagnostics: [] },
    });
    const marked = unsafe.filter(({ title }) => title.includes('unsafe'));
    for (const { isPreferred } of marked) expect(isPreferred).toBe(false);
  });

  it('explanations, and nothing where nothing was found', async () => {
    const folder = newFolder();
    writeSpace(folder);
    const editor = await edit(folder);
    await editor.open('requirements.txt');
    const hover = (line: number) =>
      editor.connection.sendRequest<Hover | null>('textDocument/hover', {
        textDocument: { uri: editor.uri('requirements.txt') },
        position: { line, character: 2 },
      });
    expect(JSON.stringify((await hover(0))?.contents)).toContain('# ZG201 torch-unsupported');
    expect(await hover(2)).toBe(null);
  });

  it('completion: keys that are missing, versions of the platform, durations with their cost', async () => {
    const folder = newFolder();
    writeSpace(folder);
    const editor = await edit(folder, { platform: 'rtx-pro-6000' });
    const labels = async (file: string, text: string) => {
      await editor.open(file, text);
      const before = text.split('|')[0] ?? '';
      const lines = before.split('\n');
      const at = text.indexOf('|');
      await editor.edit(file, at, at + 1, '');
      const items = await editor.connection.sendRequest<CompletionItem[]>(
        'textDocument/completion',
        {
          textDocument: { uri: editor.uri(file) },
          position: { line: lines.length - 1, character: lines.at(-1)?.length ?? 0 },
        },
      );
      return items;
    };
    const keys = await labels('README.md', '---\nsdk: gradio\n|\n---\n');
    expect(keys.map(({ label }) => label)).toContain('python_version');
    expect(keys.map(({ label }) => label)).not.toContain('sdk');
    const pythons = await labels('README.md', '---\nsdk: gradio\npython_version: |\n---\n');
    expect(pythons[0]?.label).toMatch(/^"3\.\d+/);
    expect(await labels('README.md', '---\nsdk: gradio\n---\nHello |\n')).toEqual([]);
    const torch = await labels('requirements.txt', 'torch==|\n');
    expect(torch[0]).toMatchObject({ detail: 'on rtx-pro-6000' });
    const durations = await labels(
      'app.py',
      'import spaces\n@spaces.GPU(duration=|)\ndef f(): ...\n',
    );
    expect(durations.find(({ label }) => label === '30')?.detail).toMatch(
      /^30 s · anonymous \d+, free \d+, PRO \d+.* calls a day$/,
    );
  });

  it('a lens over each GPU function, with what a real GPU measured', async () => {
    const folder = newFolder();
    writeSpace(folder);
    const editor = await edit(folder);
    await editor.open('app.py');
    const lenses = () =>
      editor.connection.sendRequest<CodeLens[]>('textDocument/codeLens', {
        textDocument: { uri: editor.uri('app.py') },
      });
    const title = async () => (await lenses()).map(({ command }) => command?.title);
    const calls = '60 s by default · anonymous 2, free 3, PRO 25 calls a day';
    expect(await title()).toEqual([calls]);
    await writeMeasured(measuredFile(join(folder, '.local/state/zerogpu'), folder), {
      version: 1,
      gpu: 'NVIDIA H200',
      at: '2026-11-29T00:00:00Z',
      functions: [
        { name: 'generate', calls: 9, p95Seconds: 4.07, killed: 0, suggestedSeconds: 10 },
      ],
    });
    expect(await title()).toEqual([`${calls} · measured 4.1 s, declare 10`]);
    expect((await lenses())[0]?.range.start.line).toBe(9);
  });
});

it('serves as a process, and ends with 0 after a shutdown', async () => {
  const folder = newFolder();
  writeSpace(folder);
  const wire = serverProcess({ PATH: PYTHONS, HOME: folder });
  const editor = await openEditor(folder, wire);
  expect(editor.initialized.serverInfo?.name).toBe('zerogpu');
  await editor.open('app.py');
  expect(shownIn(editor.diagnostics)).toEqual(await findingsOf(folder));
  expect(await editor.leave()).toBe(0);
});

function apply(
  text: string,
  edits: readonly { range: Hover['range'] & object; newText: string }[],
): string {
  const offset = ({ line, character }: { line: number; character: number }) =>
    text.split('\n').slice(0, line).join('\n').length + (line > 0 ? 1 : 0) + character;
  return edits.reduce(
    (now, { range, newText }) =>
      now.slice(0, offset(range.start)) + newText + now.slice(offset(range.end)),
    text,
  );
}
