/** Every address that an app gives out is the gateway's: what goes past it has no visitor. */
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fixture, type StartedRun, startRun, testPython } from '../support/e2e/space.js';

const execute = promisify(execFile);
let run: StartedRun;
const said = () =>
  run.events.filter(({ event }) => event === 'app').map(({ line }) => String(line));

beforeAll(async () => {
  run = await startRun(fixture('mcp'), ['--fresh']);
});
afterAll(async () => {
  await run?.stop();
});

describe('a Space that is an MCP server', () => {
  it('prints the gateway’s address alone', async () => {
    await expect.poll(said).toContainEqual(expect.stringContaining('/mcp'));
    const addresses = said().flatMap((line) => line.match(/https?:\/\/[\w.]+:\d+/g) ?? []);
    expect(new Set(addresses)).toEqual(new Set([run.url]));
  });

  it('charges the visitor of the token who calls a tool at that address', async () => {
    const line = said().find((one) => one.includes('/mcp')) ?? '';
    const [address = ''] = /http\S+/.exec(line) ?? [];
    const script = join(import.meta.dirname, '../support/e2e/mcp_client.py');
    const tool = 'mcp_double';
    const { stdout } = await execute(testPython(), [script, address, 'pro:ann', tool, '21']);
    expect(stdout).toMatch(/^42/);
    const { visitor } = await run.waitFor(({ event }) => event === 'ended');
    expect(visitor).toMatchObject({ key: 'pro:ann' });
  });

  it('gives out the visitor’s own way to it: root, files, API', async () => {
    for (const host of [new URL(run.url).host, `localhost:${new URL(run.url).port}`]) {
      const own = `http://${host}`;
      const config = (await (await fetch(`${own}/config`)).json()) as { root: string };
      expect(config.root).toBe(own);
      for (const path of ['/config', '/gradio_api/info', '/gradio_api/mcp/schema', '/']) {
        const text = await (await fetch(`${own}${path}`)).text();
        const named = text.match(/(?:127\.0\.0\.1|localhost):\d+/g) ?? [];
        expect(new Set([host, ...named]), path).toEqual(new Set([host]));
      }
    }
  });
});
