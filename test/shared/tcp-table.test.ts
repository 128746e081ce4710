import { once } from 'node:events';
import { type AddressInfo, connect, createServer } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { hasConnectionFrom } from '../../src/shared/tcp-table.js';

/** Port of the client's end of a connection that this process holds. */
async function connectHere(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const client = connect((server.address() as AddressInfo).port, '127.0.0.1');
  await once(client, 'connect');
  onTestFinished(() => {
    client.destroy();
    server.close();
  });
  return client.localPort ?? 0;
}

describe('a connection', () => {
  it('belongs to the process that holds its end, and to those above it', async () => {
    const port = await connectHere();
    expect(hasConnectionFrom(process.pid, port)).toBe(true);
    expect(hasConnectionFrom(process.ppid, port)).toBe(true);
  });

  it('belongs to no other process, and its port to no other connection', async () => {
    const port = await connectHere();
    expect(hasConnectionFrom(1_999_999_999, port)).toBe(false);
    expect(hasConnectionFrom(process.pid, 1)).toBe(false);
  });
});
