/**
 * An allocator that is not there: it answers the two questions of the view with as many calls and
 * visitors as its arguments say. Usage: STATE_DIR QUEUED VISITORS
 */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { publishLocator } from '../../../src/allocator/client/index.js';
import { manySnapshot } from './snapshots.js';

const [stateDir = '', queued = '1000', visitors = '5000'] = process.argv.slice(2);
let round = 0;
const snapshot = () => JSON.stringify(manySnapshot(Number(queued), Number(visitors), round++));

const server = createServer((request, response) => {
  const url = new URL(request.url ?? '/', 'http://127.0.0.1');
  if (url.pathname.endsWith('/snapshot')) {
    response.end(snapshot());
    return;
  }
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  const send = () => response.write(`event: snapshot\ndata: ${snapshot()}\n\n`);
  send();
  const timer = setInterval(send, Number(url.searchParams.get('every') ?? 1) * 1_000);
  response.on('close', () => clearInterval(timer));
});
server.listen(0, '127.0.0.1', () => {
  const { port } = server.address() as AddressInfo;
  publishLocator(stateDir, { kind: 'serve', url: `http://127.0.0.1:${port}`, space: null });
});
