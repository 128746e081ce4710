import { createHash } from 'node:crypto';
import { lstatSync, mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { hubAt, json, SECRET, type StubHub, startStub } from '../support/hub/stub.js';

const SHA = 'a'.repeat(40);
const ID = 'ada/hello';
const gitId = (text: string) =>
  createHash('sha1')
    .update(`blob ${Buffer.byteLength(text)}\0${text}`)
    .digest('hex');
const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');
const small = (path: string, text: string) => ({
  type: 'file',
  path,
  size: Buffer.byteLength(text),
  oid: gitId(text),
});

let stub: StubHub;
let store: StubHub;
let cacheDir: string;
beforeEach(async () => {
  [stub, store] = await Promise.all([startStub(), startStub()]);
  cacheDir = mkdtempSync(join(tmpdir(), 'zerogpu-hub-'));
});
afterEach(async () => {
  await Promise.all([stub.close(), store.close()]);
  rmSync(cacheDir, { recursive: true, force: true });
});

/** Serves one repository; large files are sent on to another host. */
function serve(tree: readonly object[], files: Readonly<Record<string, string>>): void {
  stub.answer((request, response) => {
    const path = request.url ?? '';
    if (path.startsWith('/api/spaces/ada/hello/revision/main')) {
      return json({ id: ID, sha: SHA })(request, response);
    }
    if (path.startsWith(`/api/spaces/ada/hello/tree/${SHA}`)) return json(tree)(request, response);
    const name = decodeURIComponent(path.replace(`/spaces/ada/hello/resolve/${SHA}/`, ''));
    const text = files[name];
    if (text === undefined) return json({}, 404)(request, response);
    if (name.endsWith('.bin')) {
      return void response.writeHead(302, { location: `${store.url}/signed` }).end();
    }
    response.end(text);
  });
}

const left = () => readdirSync(cacheDir, { recursive: true, encoding: 'utf8' });

describe('a snapshot', () => {
  it('is in the shared cache as the Python tools have it, and is downloaded once', async () => {
    const weights = { type: 'file', path: 'w/a b.bin', size: 130, oid: gitId('pointer') };
    const large = { ...weights, lfs: { oid: sha256('weights'), size: 7, pointerSize: 130 } };
    const folder = { type: 'directory', path: 'w', size: 0, oid: SHA };
    serve([small('app.py', 'print()\n'), folder, large], {
      'app.py': 'print()\n',
      'w/a b.bin': 'weights',
    });
    store.answer((_, response) => void response.end('weights'));
    const hub = hubAt(stub.url, { cacheDir });
    const plan = await hub.planSnapshot(ID);
    expect(plan).toMatchObject({ sha: SHA, bytes: 15, missingBytes: 15 });
    const progress: number[] = [];
    const root = await hub.snapshot(plan, (bytes) => progress.push(bytes));
    expect(root).toBe(join(cacheDir, 'spaces--ada--hello/snapshots', SHA));
    expect(readFileSync(join(root, 'w/a b.bin'), 'utf8')).toBe('weights');
    expect(lstatSync(join(root, 'app.py')).isSymbolicLink()).toBe(true);
    expect(realpathSync(join(root, 'w/a b.bin'))).toContain(`blobs/${sha256('weights')}`);
    const ref = join(cacheDir, 'spaces--ada--hello/refs/main');
    expect(readFileSync(ref, 'utf8')).toBe(SHA);
    expect(progress.at(-1)).toBe(15);
    // The other host got no token, ours did.
    expect(store.seen).toEqual([{ path: '/signed', authorization: undefined }]);
    expect(stub.seen.every(({ authorization }) => authorization === `Bearer ${SECRET}`)).toBe(true);

    const before = stub.seen.length;
    const again = await hub.planSnapshot(ID);
    expect(again.missing).toEqual([]);
    expect(await hub.snapshot(again)).toBe(root);
    expect(stub.seen.length - before).toBe(2);

    await stub.close();
    const unplugged = hubAt(stub.url, { cacheDir, offline: true });
    const kept = await unplugged.planSnapshot(ID);
    expect(kept.files.map(({ path }) => path).sort()).toEqual(['app.py', 'w/a b.bin']);
    expect(await unplugged.snapshot(kept)).toBe(root);
    await expect(unplugged.planSnapshot('ada/other')).rejects.toMatchObject({
      code: 'E_HUB_OFFLINE',
    });
  });

  it('can be brought by several at once', async () => {
    const names = Array.from({ length: 20 }, (_, index) => `lib/file${index}.py`);
    serve(
      names.map((name) => small(name, name)),
      Object.fromEntries(names.map((name) => [name, name])),
    );
    const bring = async () => {
      const hub = hubAt(stub.url, { cacheDir });
      return hub.snapshot(await hub.planSnapshot(ID));
    };
    const roots = await Promise.all([bring(), bring(), bring(), bring()]);
    expect(new Set(roots).size).toBe(1);
    for (const name of names) expect(readFileSync(join(roots[0], name), 'utf8')).toBe(name);
    expect(left().filter((path) => path.includes('incomplete'))).toEqual([]);
  });

  it.each(['../evil', '/etc/passwd', 'a/../../b', 'a\\..\\b', 'C:/x', 'a//b', './a'])(
    'a file named %s is refused before anything is written',
    async (path) => {
      serve([small(path, 'x')], {});
      await expect(hubAt(stub.url, { cacheDir }).planSnapshot(ID)).rejects.toMatchObject({
        code: 'E_HUB_ANSWER',
      });
      expect(left()).toEqual([]);
    },
  );

  it.each([
    ['larger than said', 'print(1)print(2)', 'larger than the 8 bytes'],
    ['shorter than said', 'print', 'cut off'],
    ['of other content', 'print(2)', 'not what its digest says'],
  ])('a file %s is not kept', async (_, text, why) => {
    serve([small('app.py', 'print(1)')], { 'app.py': text });
    const hub = hubAt(stub.url, { cacheDir });
    const error: { why?: string } = await hub.snapshot(await hub.planSnapshot(ID)).then(
      () => ({}),
      (thrown) => thrown,
    );
    expect(error.why).toContain(why);
    expect(left().filter((path) => /blobs\/|snapshots\/.*\//.test(path))).toEqual([]);
  });

  it('a missing revision and a cache that is none have their errors', async () => {
    serve([small('app.py', 'x')], { 'app.py': 'x' });
    await expect(hubAt(stub.url, { cacheDir }).planSnapshot(ID, 'v2')).rejects.toMatchObject({
      code: 'E_HUB_NOT_FOUND',
    });
    await expect(hubAt(stub.url, { cacheDir }).planSnapshot(ID, '../x')).rejects.toMatchObject({
      code: 'E_USAGE',
    });
    const hub = hubAt(stub.url, { cacheDir: '/dev/null/cache' });
    await expect(hub.snapshot(await hub.planSnapshot(ID))).rejects.toMatchObject({
      code: 'E_HUB_CACHE',
    });
  });

  it('ends when it is interrupted, and leaves nothing unfinished', async () => {
    const app = small('app.py', 'print(1)');
    serve([app], {});
    const hub = hubAt(stub.url, { cacheDir });
    const plan = await hub.planSnapshot(ID);
    const stop = new AbortController();
    stub.answer((_, response) => {
      response.writeHead(200);
      response.write('prin');
    });
    const brought = hub.snapshot(plan, () => stop.abort(), stop.signal);
    await expect(brought).rejects.toMatchObject({ why: 'It was interrupted.' });
    expect(left().filter((path) => path.includes('blobs/'))).toEqual([]);
  });
});
