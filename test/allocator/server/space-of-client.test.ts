import { once } from 'node:events';
import { type AddressInfo, connect, createServer } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { spaceOfClient } from '../../../src/allocator/server/space-of-client.js';

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

describe('the Space that a request comes from', () => {
  const here = { id: 'here', root: { pid: process.pid, startTime: 0 } };
  const other = { id: 'other', root: { pid: 1_999_999_999, startTime: 0 } };

  it('is the one whose processes hold the connection', async () => {
    const port = await connectHere();
    expect(spaceOfClient([other, here], port)).toBe('here');
    expect(spaceOfClient([other, { id: 'unstarted', root: null }], port)).toBeNull();
  });

  it('is the only one, whatever can be seen', () => {
    expect(spaceOfClient([other], null)).toBe('other');
    expect(spaceOfClient([], 1)).toBeNull();
  });
});
