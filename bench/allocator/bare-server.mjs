/** The peer of bench/allocator/http.mjs: node:http, the query parsed, an answer of the same size. */
import { createServer } from 'node:http';

const answer = JSON.stringify({
  idle: true,
  nvidiaIndex: 0,
  nvidiaUUID: 'GPU-e3010a7e-0000-4000-8000-000000000000',
  allowToken: 'x'.repeat(32),
});
const server = createServer((request, response) => {
  const { searchParams } = new URL(request.url, 'http://127.0.0.1');
  response.writeHead(200, { 'content-type': 'application/json' });
  response.end(searchParams.size > 0 ? answer : '{}');
});
server.listen(0, '127.0.0.1', () => {
  process.stdout.write(`ready http://127.0.0.1:${server.address().port}\n`);
});
process.on('SIGTERM', () => process.exit(0));
