/** What zerogpu relies on in `spaces` and Gradio, in the newest and the oldest pair of the tests. */
import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import * as z from 'zod';
import { oldPython, testPython } from '../support/e2e/space.js';

const RUN = resolve(import.meta.dirname, '../drift/run.js');
const scratch = mkdtempSync(join(tmpdir(), 'zerogpu-drift-'));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

const reportSchema = z.object({
  versions: z.object({ spaces: z.string(), gradio: z.string() }),
  results: z.array(
    z.object({
      what: z.string(),
      file: z.string(),
      usedIn: z.string(),
      status: z.enum(['found', 'missing', 'changed']),
      instead: z.string(),
    }),
  ),
});

function drift(run: string, ...args: readonly string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [run, ...args], {
    encoding: 'utf8',
  });
  return { status, stdout, stderr };
}

describe('what zerogpu relies on', () => {
  it.each([
    ['the newest pair', testPython, 100],
    ['the oldest pair', oldPython, 80],
  ])('is in %s', (_, python, least) => {
    const { status, stdout, stderr } = drift(RUN, '--python', python(), '--json');
    expect(stderr).toBe('');
    const { results } = reportSchema.parse(JSON.parse(stdout));
    expect(results.filter(({ status: found }) => found !== 'found')).toEqual([]);
    expect(results.length).toBeGreaterThan(least);
    expect(status).toBe(0);
  });

  it('is reported with both places when a release changes it, and the exit code is 1', () => {
    cpSync(join(RUN, '..'), scratch, { recursive: true });
    const facts = [
      fact('a header', { text: 'X-No-Such-Header' }),
      fact('values of a header', { name: 'AuthLevel', values: ['regular'] }),
      fact('fields of a refusal', { name: 'QuotaInfos', fields: ['left'] }),
      fact('a parameter', { name: 'APIClient.allow', parameters: ['cgroup'] }),
      fact('a statement', { code: 'res = self.client.put("/allow")' }),
      fact('an absence', { absent: 'APIClient' }),
      { ...fact('a file', { text: '' }), file: 'spaces/zero/gone.py' },
      { ...fact('another release', { text: 'X-No-Such-Header' }), releases: '<0.1' },
      fact('an endpoint', { text: '/schedule' }),
    ];
    writeFileSync(join(scratch, 'facts.json'), JSON.stringify({ facts }));
    const { status, stdout } = drift(join(scratch, 'run.js'), '--python', testPython());
    expect(status).toBe(1);
    expect(stdout).toContain('changed: values of a header\n  there  spaces/zero/api.py: it is');
    expect(stdout).toContain('regular, pro\n  here   src/a.ts: a\n');
    expect(stdout).toContain('changed: fields of a refusal');
    expect(stdout).toContain('changed: a parameter');
    for (const what of ['a header', 'a statement', 'a file']) {
      expect(stdout).toContain(`missing: ${what}\n`);
    }
    expect(stdout).toContain('changed: an absence');
    expect(stdout).not.toContain('another release');
    expect(stdout).toContain(': 1 of 8 found\n');
  });

  it('a wrong call and a Python without the packages end with 2 and the usage', () => {
    expect(drift(RUN)).toMatchObject({ status: 2, stdout: '' });
    const { status, stderr } = drift(RUN, '--python', join(scratch, 'no-python'));
    expect(status).toBe(2);
    expect(stderr).toContain('usage: node test/drift/run.js --python PYTHON');
  });
});

function fact(what: string, find: Readonly<Record<string, unknown>>) {
  return { what, file: 'spaces/zero/api.py', find, usedIn: 'src/a.ts: a' };
}
