import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { askPythonOf } from '../../src/check/ask-python.js';
import { keepPython } from '../../src/check/kept-python.js';

const bin = mkdtempSync(join(tmpdir(), 'zerogpu-pythons-'));
afterAll(() => rmSync(bin, { recursive: true, force: true }));

it('answers as a Python that is started for each question, and asks a shim for nothing twice', async () => {
  writeFileSync(join(bin, 'python3.10'), `#!/bin/sh\necho asked >> ${bin}/asked\nexit 1\n`);
  chmodSync(join(bin, 'python3.10'), 0o755);
  const env = { PATH: `${bin}:/usr/bin:/bin` };
  const kept = keepPython(env);
  const questions = ['def f(:\n', 'x = 1\n', 'print "2"\n', 'é = "😀\n'];
  const once = [];
  for (const text of questions) {
    const files = [{ path: 'app.py', text }];
    const answer = await kept.ask(files, '3.10');
    once.push(readFileSync(join(bin, 'asked'), 'utf8').split('\n').length - 1);
    expect(answer).toEqual(await askPythonOf({ PATH: '/usr/bin:/bin' })(files, '3.10'));
  }
  expect(once).toEqual([1, 1, 1, 1]);
  kept.close();
});
