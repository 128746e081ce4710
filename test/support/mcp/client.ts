/** The official client, and a server as an agent starts it. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';
import type { CallToolResult } from '@modelcontextprotocol/sdk/types.js';

const BIN = join(import.meta.dirname, '../../../bin/zerogpu.js');

export interface Agent {
  readonly client: Client;
  /** What the server has written to stderr. */
  readonly stderr: () => string;
  /** The text of an answer, and whether it is an error. */
  call(
    name: string,
    input?: Record<string, unknown>,
    options?: Parameters<Client['callTool']>[2],
  ): Promise<{ readonly text: string; readonly isError: boolean }>;
  /** Resident memory of the server, MB. */
  memoryMb(): number;
  /** Closes stdin; resolves when the server has ended. */
  leave(): Promise<void>;
}

/** @param env of the server, beside PATH */
export async function startAgent(
  flags: readonly string[],
  env: Readonly<Record<string, string>>,
): Promise<Agent> {
  const transport = new StdioClientTransport({
    command: process.execPath,
    args: [BIN, 'mcp', ...flags],
    env: { PATH: process.env['PATH'] ?? '', ...env },
    stderr: 'pipe',
  });
  let said = '';
  transport.stderr?.on('data', (chunk) => {
    said += String(chunk);
  });
  const client = new Client({ name: 'test', version: '1.0.0' });
  await client.connect(transport);
  const { pid } = transport;
  return {
    client,
    stderr: () => said,
    async call(name, input = {}, options) {
      const answer = await client.callTool({ name, arguments: input }, undefined, options);
      const { content, isError } = answer as CallToolResult;
      const text = content.map((one) => (one.type === 'text' ? one.text : '')).join('');
      return { text, isError: isError === true };
    },
    memoryMb() {
      const status = readFileSync(`/proc/${pid}/status`, 'utf8');
      return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1] ?? 0) / 1024;
    },
    leave: () => client.close(),
  };
}
