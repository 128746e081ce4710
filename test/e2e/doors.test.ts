/** Every address that an app gives out is the gateway's: what goes past it has no visitor. */
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import type { CallToolResult } from '@modelcontextprotocol/sdk/types.js';
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

  it('charges each client by what it sends: a token, the address, or nothing', async () => {
    const address = `${run.url}/gradio_api/mcp/`;
    const double = async (url: string, headers: Record<string, string>, number: number) => {
      const client = new Client({ name: 'test', version: '1.0.0' });
      const transport = new StreamableHTTPClientTransport(new URL(url), {
        requestInit: { headers },
      });
      // Its optional members are not declared as the interface has them under exactOptionalPropertyTypes.
      await client.connect(transport as Parameters<Client['connect']>[0]);
      const answer = await client.callTool({ name: 'mcp_double', arguments: { number } });
      await client.close();
      return (answer as CallToolResult).content;
    };
    const clients: readonly [string, Record<string, string>, string][] = [
      [address, { authorization: 'Bearer pro:bea' }, 'pro:bea'],
      [address, { 'x-hf-authorization': 'Bearer free:cid' }, 'free:cid'],
      [`${address}?as=free:dan`, {}, 'free:dan'],
      [address, {}, 'anonymous:127.0.0.1'],
      [address, { authorization: 'Bearer pr:eve' }, 'anonymous:127.0.0.1'],
      [address, { 'x-ip-token': 'forged' }, 'anonymous:127.0.0.1'],
    ];
    const seen = () =>
      run.events.flatMap(({ event, visitor }) =>
        event === 'ended' ? [(visitor as { key: string }).key] : [],
      );
    for (const [url, headers, key] of clients) {
      const before = seen().length;
      expect(await double(url, headers, 4)).toMatchObject([
        { type: 'text', text: expect.stringMatching(/^8/) },
      ]);
      await expect.poll(() => seen().length).toBe(before + 1);
      expect(seen().at(-1), JSON.stringify(headers)).toBe(key);
    }
    await expect(double(address, { authorization: 'Bearer team:eve' }, 4)).rejects.toThrow(
      'the token team:eve is not a visitor',
    );
    // At the same time, each still pays for itself.
    const before = seen().length;
    await Promise.all(
      [1, 2, 3].map((n) => double(address, { authorization: `Bearer pro:u${n}` }, n)),
    );
    await expect.poll(() => seen().slice(before).sort()).toEqual(['pro:u1', 'pro:u2', 'pro:u3']);
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
