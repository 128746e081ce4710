import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { declaredChanges } from '../../../src/run/watch/declared-changes.js';
import { readSpace } from '../../../src/space/index.js';
import { temporaryFolder } from '../../support/supervise.js';

interface Files {
  readonly readme?: string;
  readonly requirements?: string;
  readonly packages?: string;
  readonly app?: string;
}

async function space({ readme = '', requirements = '', packages = '', app = '' }: Files) {
  const dir = join(temporaryFolder(), 'space');
  mkdirSync(dir);
  writeFileSync(join(dir, 'app.py'), app);
  writeFileSync(join(dir, 'README.md'), `---\nsdk: gradio\n${readme}---\n`);
  writeFileSync(join(dir, 'requirements.txt'), requirements);
  writeFileSync(join(dir, 'packages.txt'), packages);
  return readSpace(dir);
}

async function between(before: Files, after: Files) {
  return declaredChanges(await space(before), await space(after));
}

describe('declaredChanges', () => {
  it('is nothing between two equal Spaces', async () => {
    expect(await between({}, {})).toEqual({ lines: [], environment: false });
  });

  it('names requirements that came and went, and wants their environment', async () => {
    const changes = await between(
      { requirements: 'numpy\ntransformers==4\n' },
      { requirements: 'numpy\ntransformers==5\npillow\n' },
    );
    expect(changes).toEqual({
      lines: ['requirements.txt: - transformers==4, + transformers==5, + pillow'],
      environment: true,
    });
  });

  it('says of versions what they were and are', async () => {
    expect(
      await between({ readme: 'sdk_version: 5.0.0\n' }, { readme: 'sdk_version: 6.0.0\n' }),
    ).toEqual({ lines: ['README.md: sdk_version: "5.0.0" -> "6.0.0"'], environment: true });
  });

  it('says what a change does not do here', async () => {
    const { lines, environment } = await between(
      {},
      { readme: 'hf_oauth: true\nsuggested_hardware: zero-a10g\n' },
    );
    expect(environment).toBe(false);
    expect(lines).toEqual([
      'README.md: hf_oauth: none -> true (when the run is started again)',
      'README.md: suggested_hardware: none -> "zero-a10g" (changes nothing here)',
    ]);
  });

  it('asks for another environment when the code comes to need PyTorch', async () => {
    expect(await between({}, { app: 'import torch\n' })).toEqual({ lines: [], environment: true });
  });

  it('says how system packages are installed', async () => {
    const { lines, environment } = await between({}, { packages: 'ffmpeg\n' });
    expect(environment).toBe(false);
    expect(lines[0]).toContain('sudo apt-get install ffmpeg');
  });
});
