/** Names of a Space's files and of its settings on the Hub; values stay where they are. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { readEnvFiles } from '../../../src/run/variables/read-env-files.js';
import { reportVariables } from '../../../src/run/variables/report.js';
import { readSpace } from '../../../src/space/index.js';
import { json, startStub } from '../../support/hub/stub.js';
import { temporaryFolder } from '../../support/supervise.js';

const running = new AbortController().signal;

async function spaceWith(code: string) {
  const dir = temporaryFolder();
  writeFileSync(join(dir, 'README.md'), '---\nsdk: gradio\n---\n');
  writeFileSync(join(dir, 'app.py'), code);
  return readSpace(dir);
}

describe('reportVariables', () => {
  it('reads the code, and asks the Hub for names alone', async () => {
    const space = await spaceWith(
      'import os, helper\nos.environ["OWN"] = "1"\nprint(os.environ["OWN"])\nkey = os.environ["API_KEY"]\n',
    );
    writeFileSync(
      join(space.dir, 'helper.py'),
      'import os\nmode = os.getenv("MODE")\nos.environ["GONE"]\n',
    );
    const hub = await startStub();
    onTestFinished(hub.close);
    hub.answer((request, response) => {
      const names = request.url?.endsWith('/secrets') ? { API_KEY: {}, HOOK: {} } : { MODE: {} };
      json(names)(request, response);
    });
    const given = { API_KEY: 'the value', MODE: 'fast', TYPO: 'x', PATH: '/mine', SPACE_ID: 'a/b' };
    const report = await reportVariables({
      ...{ space, given, hubSpace: 'ada/hello', interrupted: running },
      appEnv: { ...given, PATH: '/env/bin:/mine', SPACE_ID: 'ada/hello' },
      env: { HF_ENDPOINT: hub.url, HF_TOKEN: 'hf_abcdefghijklmnop', HF_HOME: space.dir },
    });
    expect(report.warnings).toEqual([
      '--env-file: SPACE_ID is set by zerogpu as the platform sets it',
      'helper.py:3 reads GONE, which is not set: KeyError',
    ]);
    expect(report.notes).toEqual([
      'not in the code of the Space, though a package may read: TYPO, PATH, SPACE_ID',
      'ada/hello on the Hub has, and this run has not: HOOK',
    ]);
    expect(hub.seen.map(({ path }) => path).sort()).toEqual([
      '/api/spaces/ada/hello/secrets',
      '/api/spaces/ada/hello/variables',
    ]);
  });

  it('continues without a Hub that does not answer', async () => {
    const space = await spaceWith('print(1)\n');
    const report = await reportVariables({
      ...{ space, given: {}, appEnv: {}, hubSpace: 'ada/hello', interrupted: running },
      env: {
        HF_ENDPOINT: 'http://127.0.0.1:9',
        HF_TOKEN: 'hf_abcdefghijklmnop',
        HF_HUB_OFFLINE: '1',
      },
    });
    expect(report.warnings).toEqual([]);
    expect(report.notes).toHaveLength(1);
  });
});

describe('files of --env-file', () => {
  it('are read in their order', async () => {
    const dir = temporaryFolder();
    writeFileSync(join(dir, 'a'), 'A=1\nB=1\n');
    writeFileSync(join(dir, 'b'), 'B=2\n');
    expect(await readEnvFiles(['a', 'b'], dir, running)).toEqual({ A: '1', B: '2' });
    expect(await readEnvFiles([], dir, running)).toEqual({});
  });

  it('have one error: not there, a folder, too large, not text', async () => {
    const dir = temporaryFolder();
    writeFileSync(join(dir, 'large'), 'A=1\n'.repeat(300_000));
    writeFileSync(join(dir, 'binary'), Buffer.from([0x41, 0x3d, 0xff, 0xfe]));
    for (const file of ['absent', '.', 'large', 'binary']) {
      await expect(readEnvFiles([file], dir, running)).rejects.toMatchObject({
        ...{ code: 'E_USAGE', message: `--env-file ${file} can't be read` },
      });
    }
  });
});
