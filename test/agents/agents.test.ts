import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { main } from '../../src/cli/main.js';
import { AGENT_VARIABLES } from '../../src/shared/agent.js';
import { collect } from '../support/lsp/collect.js';
import { writeSpace } from '../support/lsp/space.js';

const folder = mkdtempSync(join(tmpdir(), 'zerogpu-agents-'));
beforeAll(() => writeSpace(folder));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function zerogpu(args: readonly string[], env: Readonly<Record<string, string>> = {}) {
  const [stdout, stderr] = [collect(), collect()];
  const world = {
    env: { PATH: '', HOME: folder, ...env },
    cwd: folder,
    stdin: process.stdin,
    stdout,
    stderr,
    interrupted: new AbortController().signal,
    onForced() {},
  };
  const code = await main(args, world);
  return { code, stdout: stdout.text(), stderr: stderr.text() };
}

describe('--format agent', () => {
  it('is a line a finding, each with the next command, and the same at each run', async () => {
    const first = await zerogpu(['check', '--format', 'agent', '--no-cache']);
    const lines = first.stdout.trimEnd().split('\n');
    expect(lines).toContain(
      'requirements.txt:1:1 error ZG201 torch 2.3.1 is not supported on h200 | supported: 2.1.0 2.1.1 2.1.2 2.2.0 2.2.2 2.4.0 2.5.1 2.6.0 2.7.1 2.8.0 | fix: torch==2.4.0 | next: zerogpu check . --fix',
    );
    const findings = lines.slice(0, -2);
    expect(findings.length).toBeGreaterThan(4);
    for (const line of findings) expect(line).toMatch(/ \| next: zerogpu (?:check|explain) \S+/);
    expect(lines.at(-2)).toMatch(
      /^fails \. platform=h200 errors=\d.* \| next: zerogpu check \. --fix$/,
    );
    expect(lines.at(-1)).toBe('exit 1');
    expect((await zerogpu(['check', '--format', 'agent', '--no-cache'])).stdout).toBe(first.stdout);
  });

  it('is chosen for an agent, unless another format is asked for', async () => {
    const asked = await zerogpu(['check', '--format', 'agent', '--no-cache']);
    for (const name of AGENT_VARIABLES) {
      const seen = await zerogpu(['check', '--no-cache'], { [name]: '1' });
      expect(seen.stdout, name).toBe(asked.stdout);
    }
    const env = { CLAUDECODE: '1' };
    expect((await zerogpu(['check', '--no-cache', '--json'], env)).stdout).toMatch(/^\{/);
    const text = await zerogpu(['check', '--no-cache', '--format', 'text'], env);
    expect(text.stdout).toMatch(/^zerogpu check/);
    expect((await zerogpu(['check', '--no-cache'], { CLAUDECODE: '' })).stdout).toMatch(
      /^zerogpu check/,
    );
  });

  it('explains in a line for each part, and lists in a line for each rule and code', async () => {
    const env = { CLAUDECODE: '1' };
    const { stdout } = await zerogpu(['explain', 'ZG201', 'E_PORT_TAKEN'], env);
    expect(stdout).toMatch(
      /^ZG201 torch-unsupported error: .+\nwhy: .+\ndo: .+\n(?:example: .+\n)+(?:not found: .+\n)?next: zerogpu check \. --select ZG201\nE_PORT_TAKEN .+\nwhy: .+\ndo: .+\nnext: .+\n$/,
    );
    expect((await zerogpu(['explain', 'ZG201', 'E_PORT_TAKEN', '--format', 'agent'])).stdout).toBe(
      stdout,
    );
    const list = (await zerogpu(['explain'], env)).stdout.trimEnd().split('\n');
    expect(list.length).toBeGreaterThan(150);
    for (const line of list) expect(line).toMatch(/ \| next: zerogpu explain \S+$/);
    expect((await zerogpu(['explain', 'ZG201', '--format', 'text'], env)).stdout).toMatch(
      /^# ZG201/,
    );
    expect((await zerogpu(['explain', 'ZG201', '--json'], env)).stdout).toMatch(/^\{/);
    expect(await zerogpu(['explain', '--format', 'yaml'])).toMatchObject({ code: 2 });
  });

  it('has errors in one line, with what to do next', async () => {
    const env = { CODEX_SANDBOX: 'seatbelt' };
    const { code, stderr } = await zerogpu(['check', 'nowhere'], env);
    expect(code).toBe(2);
    expect(stderr).toBe(
      'error E_SPACE_NOT_FOUND there is no folder nowhere | A Space is a folder on this machine. | next: zerogpu check DIR   (the folder with README.md)\n',
    );
    expect((await zerogpu(['check', 'nowhere'])).stderr).toContain('  fix    zerogpu check DIR');
  });

  it('quotes a folder with a space in its name, and shows no control character', async () => {
    writeSpace(join(folder, 'my demo'), {
      'README.md': '---\nsdk: gradio\nsdk_version: "6.1.0\u001b[31m"\n---\n',
      'requirements.txt': 'torch==2.3.1\n',
      'app.py': 'import gradio\n',
    });
    const { stdout } = await zerogpu(['check', 'my demo', '--format', 'agent']);
    expect(stdout).toContain("next: zerogpu check 'my demo' --fix");
    expect(stdout).not.toContain('\u001b');
  });
});

describe('zerogpu skills add', () => {
  it('writes what there is to run, in at most 150 lines, and again over its own file only', async () => {
    const { code, stdout } = await zerogpu(['skills', 'add', '--all']);
    expect(code).toBe(0);
    const files = stdout.trimEnd().split('\n');
    expect(files).toEqual([
      join(folder, '.claude/skills/zerogpu/SKILL.md'),
      join(folder, '.agents/skills/zerogpu/SKILL.md'),
    ]);
    const text = readFileSync(files[0] ?? '', 'utf8');
    expect(text.split('\n').length).toBeLessThanOrEqual(150);
    expect(text).toMatch(/^---\nname: zerogpu\ndescription: .+\n---\n/);
    for (const name of ['check', 'run', 'quota', 'explain', 'simulate']) {
      expect(text).toContain(`- \`zerogpu ${name}\`: `);
    }
    expect((await zerogpu(['skills', 'add', '--claude'])).code).toBe(0);
    writeFileSync(files[1] ?? '', 'mine\n');
    const refused = await zerogpu(['skills', 'add', '--all']);
    expect([refused.code, refused.stderr.includes('E_INIT_EXISTS')]).toEqual([3, true]);
    expect(readFileSync(files[1] ?? '', 'utf8')).toBe('mine\n');
    expect((await zerogpu(['skills', 'add', '--all', '--force'])).code).toBe(0);
    expect(readFileSync(files[1] ?? '', 'utf8')).toBe(text);
  });

  it('asks which agent, and writes to the home folder with --global', async () => {
    expect(await zerogpu(['skills', 'add'])).toMatchObject({ code: 2 });
    const home = join(folder, 'home');
    mkdirSync(home);
    await zerogpu(['skills', 'add', '--codex', '--global'], { HOME: home });
    expect(existsSync(join(home, '.agents/skills/zerogpu/SKILL.md'))).toBe(true);
  });
});
