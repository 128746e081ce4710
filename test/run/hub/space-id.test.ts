/** What a Space is called on the Hub. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { findSpaceId, spaceOfGitConfig } from '../../../src/run/hub/space-id.js';
import { temporaryFolder } from '../../support/supervise.js';

const config = (...remotes: readonly (readonly [name: string, url: string])[]) =>
  remotes.map(([name, url]) => `[remote "${name}"]\n\turl = ${url}\n`).join('');

describe('the id of a Space', () => {
  it('is the given one, then SPACE_ID, then of the git remote, then local', () => {
    const dir = join(temporaryFolder(), 'my app');
    mkdirSync(join(dir, '.git'), { recursive: true });
    expect(findSpaceId(dir, null, {})).toBe('local/my-app');
    writeFileSync(
      join(dir, '.git/config'),
      config(['origin', 'https://huggingface.co/spaces/me/git']),
    );
    expect(findSpaceId(dir, null, {})).toBe('me/git');
    expect(findSpaceId(dir, null, { SPACE_ID: 'me/env' })).toBe('me/env');
    expect(findSpaceId(dir, null, { SPACE_ID: 'nonsense' })).toBe('me/git');
    expect(findSpaceId(dir, 'me/told', { SPACE_ID: 'me/env' })).toBe('me/told');
  });

  it.each([
    ['https://huggingface.co/spaces/me/hello', 'me/hello'],
    ['https://ann:hf_secret@huggingface.co/spaces/me/hello.git', 'me/hello'],
    ['git@hf.co:spaces/me/hello', 'me/hello'],
    ['ssh://git@hf.co/spaces/me/hello', 'me/hello'],
    ['https://huggingface.co/me/a-model', null],
    ['https://github.com/spaces/me/hello', null],
    ['https://evilhuggingface.co/spaces/me/hello', null],
  ])('reads %s', (url, id) => {
    expect(spaceOfGitConfig(config(['origin', url]))).toBe(id);
  });

  it('asks origin before other remotes', () => {
    const [hub, other] = ['https://hf.co/spaces/me/one', 'https://hf.co/spaces/me/two'] as const;
    expect(spaceOfGitConfig(config(['hub', hub], ['origin', other]))).toBe('me/two');
    expect(spaceOfGitConfig(config(['hub', hub], ['origin', 'https://github.com/a/b']))).toBe(
      'me/one',
    );
  });
});
