/** A Space on the Hub as a folder to run: its own, and as it is on the Hub. */
import {
  existsSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { folderOf, placeHubSpace } from '../../../src/run/hub/hub-space.js';
import {
  type RepositoryHub,
  type StubSpace,
  startRepository,
} from '../../support/hub/repository.js';
import { temporaryFolder } from '../../support/supervise.js';

const SPACE: StubSpace = {
  id: 'ada/hello',
  files: { 'app.py': 'one', 'lib/model.py': 'two', 'weights.bin': 'heavy' },
  large: ['weights.bin'],
  revisions: ['main', 'refs/pr/1'],
};

let repository: RepositoryHub;
let home: string;
beforeEach(async () => {
  repository = await startRepository(SPACE);
  home = temporaryFolder();
});
afterEach(() => repository.close());

const place = async (revision: string | null = null, said: string[] = []) => {
  const { dir } = await placeHubSpace({
    name: { id: 'ada/hello', revision },
    env: { HF_ENDPOINT: repository.url, HF_HOME: join(home, 'hf'), XDG_CACHE_HOME: home },
    consent: { yes: false, mostBytes: null, confirm: null },
    say: (line) => said.push(line),
    interrupted: new AbortController().signal,
  });
  return dir;
};
const read = (...path: string[]) => readFileSync(join(...path), 'utf8');

describe('a Space on the Hub as a folder', () => {
  it('is a copy that may be written to; weights are linked', async () => {
    const said: string[] = [];
    const dir = await place(null, said);
    expect(dir).toBe(join(home, 'zerogpu/spaces/ada/hello'));
    expect(said[0]).toBe('ada/hello at aaaaaaaa: 3 files, 11 B, 11 B to download');
    expect(said[1]).toContain('runs as you');
    expect(lstatSync(join(dir, 'app.py')).isFile()).toBe(true);
    expect(realpathSync(join(dir, 'weights.bin'))).toContain('/blobs/');
    writeFileSync(join(dir, 'app.py'), 'changed by the app');
    writeFileSync(join(dir, 'output.png'), 'made by the app');
    await place();
    expect(read(dir, 'app.py')).toBe('one');
    expect(read(dir, 'output.png')).toBe('made by the app');
  });

  it('loses what the Space has lost, and keeps what the app made', async () => {
    const dir = await place();
    writeFileSync(join(dir, 'mine.txt'), 'made by the app');
    // The same commit, so that the cache does not help: what is listed counts.
    repository.serve({ ...SPACE, files: { 'app.py': 'one' }, large: [] });
    await place();
    expect(existsSync(join(dir, 'lib/model.py'))).toBe(false);
    expect(read(dir, 'mine.txt')).toBe('made by the app');
  });

  it('a link that the app left does not lead a file elsewhere', async () => {
    const dir = await place();
    mkdirSync(join(home, 'elsewhere'));
    rmSync(join(dir, 'lib'), { recursive: true });
    symlinkSync(join(home, 'elsewhere'), join(dir, 'lib'));
    await place();
    expect(existsSync(join(home, 'elsewhere/model.py'))).toBe(false);
    expect(read(dir, 'lib/model.py')).toBe('two');
  });

  it('each revision has a folder of its own, beside and not inside', async () => {
    const dir = await place('refs/pr/1');
    expect(dir).toBe(join(home, 'zerogpu/spaces/ada/hello@refs--pr--1'));
    expect(folderOf('/c', { id: 'a/b', revision: null })).toBe('/c/spaces/a/b');
  });

  it('a cache that is not a folder has its error', async () => {
    writeFileSync(join(home, 'zerogpu'), '');
    await expect(place()).rejects.toMatchObject({ code: 'E_HUB_CACHE', exitCode: 3 });
  });
});
