import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { environmentId, planForSpace, planOfBefore } from '../../src/python-env/plan.js';
import { readInstallLine } from '../../src/python-env/progress-lines.js';
import { readSpace } from '../../src/space/index.js';

const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
});

const H200 = { name: 'h200', torch: ['2.7.1', '2.8.0'], python: ['3.10.13'] };
const RTX = { name: 'rtx', torch: ['2.8.0', '2.13.0'], python: ['3.10.13', '3.12.12'] };

async function planOf(files: Readonly<Record<string, string>>, platform = H200, nearest = false) {
  const dir = mkdtempSync(join(tmpdir(), 'zerogpu-plan-'));
  folders.push(dir);
  writeFileSync(join(dir, 'app.py'), files['app.py'] ?? 'import gradio, spaces\n');
  for (const [name, text] of Object.entries(files)) writeFileSync(join(dir, name), text);
  return planForSpace(await readSpace(dir), platform, nearest);
}

const readme = (version: string) => `---\nsdk: gradio\nsdk_version: ${version}\n---\n`;

describe('what goes into an environment', () => {
  it('is what the platform installs, with the newest PyTorch that it has', async () => {
    const plan = await planOf({
      'README.md': readme('6.31.0'),
      'app.py': 'import torch, spaces\n',
    });
    expect(plan.requirements).toEqual(['gradio[oauth,mcp]==6.31.0', 'spaces', 'torch==2.8.0']);
    expect(plan.torch?.listed).toEqual(['2.8.0', '2.7.1']);
    expect(plan.wantedPythons).toEqual(['3.10']);
    expect(plan.constraints).toEqual([]);
  });

  it('has no PyTorch where nothing uses it', async () => {
    const plan = await planOf({ 'README.md': readme('6.31.0') });
    expect(plan.requirements).toEqual(['gradio[oauth,mcp]==6.31.0', 'spaces']);
  });

  it('keeps the PyTorch that the Space pins, and narrows an open one to the platform’s', async () => {
    const pinned = await planOf({
      'requirements.txt': 'torch==2.8.0\n',
      'app.py': 'import torch\n',
    });
    expect(pinned.requirements).toEqual(['gradio[oauth,mcp]', 'spaces']);
    expect(pinned).toMatchObject({ constraints: [], torch: null, pinnedTorch: '2.8.0' });
    const open = await planOf({ 'requirements.txt': 'torch\ntransformers\n' });
    expect(open.constraints).toEqual(['torch==2.8.0']);
    expect(open.requirements).not.toContain('torch==2.8.0');
    const older = await planOf({ 'requirements.txt': 'torch<2.8\n' });
    expect(older.constraints).toEqual(['torch==2.7.1']);
    const newer = await planOf({ 'requirements.txt': 'torch>=2.9\n' });
    expect(newer).toMatchObject({ constraints: [], torch: null });
  });

  it('takes out a pinned PyTorch, and what is built for it, where the nearest will do', async () => {
    const requirements = [
      '--extra-index-url https://download.pytorch.org/whl/cu118',
      'torch == 2.0.1+cu118  # for xformers',
      'torchvision==0.15.2',
      'xformers==0.0.20',
      'torchmetrics==1.0',
      'numpy<2',
    ];
    const files = { 'requirements.txt': requirements.join('\n'), 'app.py': 'import torch\n' };
    const plan = await planOf(files, H200, true);
    expect(plan.requirements.at(-1)).toBe('torch==2.0.1');
    expect(plan).toMatchObject({ pinnedTorch: null, torch: { listed: ['2.0.1'], nearest: true } });
    const [content] = plan.fileContents;
    expect(content?.trim().split('\n')).toEqual([
      ...['torchvision', 'xformers', 'torchmetrics==1.0', 'numpy<2'],
    ]);
    const declared = await planOf(files);
    expect(declared).toMatchObject({ rewritten: [], pinnedTorch: '2.0.1+cu118' });
    expect(environmentId(plan, '3.10.1')).not.toBe(environmentId(declared, '3.10.1'));
    const open = { 'requirements.txt': 'torch\n' };
    expect(await planOf(open, H200, true)).toMatchObject({
      rewritten: [],
      torch: { as: 'constraint' },
    });
  });

  it('leaves PyTorch to a pinned package that is built for one release', async () => {
    const plan = await planOf({
      'requirements.txt': 'torchvision==0.22.0\n',
      'app.py': 'import torch\n',
    });
    expect(plan.torch).toBeNull();
    expect(plan.requirements).toContain('torch');
  });

  it('prefers the Python of the Space to the platform’s', async () => {
    const readmeOf = (version: string) => `---\nsdk: gradio\npython_version: ${version}\n---\n`;
    const own = await planOf({ 'README.md': readmeOf('3.12') }, RTX);
    expect(own).toMatchObject({ pythonMinor: '3.12', wantedPythons: ['3.12'] });
    const none = await planOf({}, RTX);
    expect(none).toMatchObject({ pythonMinor: null, wantedPythons: ['3.10', '3.12'] });
  });

  it('is found where an older zerogpu has made it with the newest PyTorch that is tested', async () => {
    const files = { 'app.py': 'import torch\n' };
    const h200 = await planOf(files);
    const before = planOfBefore(h200);
    expect(before?.requirements).toEqual(['gradio[oauth,mcp]', 'spaces', 'torch==2.13.0']);
    expect(planOfBefore(await planOf(files, RTX))).toBeNull();
    expect(planOfBefore(await planOf({}))).toBeNull();
  });

  it('states for old releases what they forgot, unless the Space does', async () => {
    const old = await planOf({ 'README.md': readme('4.44.1') });
    expect(old.constraints).toContain('huggingface_hub<1.0');
    expect(old.belowPythonMinor).toBe(13);
    const own = await planOf({
      'README.md': readme('4.44.1'),
      'requirements.txt': 'huggingface_hub==0.25.2\n',
    });
    expect(own.constraints).not.toContain('huggingface_hub<1.0');
  });

  it('is another environment for other content, and the same for the same', async () => {
    const files = { 'README.md': readme('6.31.0'), 'requirements.txt': 'numpy\n' };
    const [one, same] = [await planOf(files), await planOf(files)];
    const other = await planOf({ ...files, 'requirements.txt': 'numpy<2\n' });
    const id = (plan: typeof one) => environmentId(plan, '3.11.7').split('-').at(-1);
    expect(id(one)).toBe(id(same));
    expect(id(one)).not.toBe(id(other));
    expect(environmentId(one, '3.12.1')).not.toBe(environmentId(one, '3.11.7'));
  });
});

describe("an installer's lines", () => {
  it.each([
    ['  Downloading torch-2.13.0-cp311-none-linux.whl (181.2 MB)', 'torch', 181_200_000],
    ['Downloading torch (170.5MiB)', 'torch', 170.5 * 2 ** 20],
  ])('%s', (line, what, bytes) => {
    expect(readInstallLine(line)).toEqual({ kind: 'download', what, bytes });
  });

  it('says how many packages are unpacked, and nothing of the rest', () => {
    expect(readInstallLine('Installing collected packages: a, b, c')).toEqual({
      kind: 'unpack',
      packages: 3,
    });
    expect(readInstallLine('Requirement already satisfied: pip')).toBeNull();
  });
});
