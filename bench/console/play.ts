/** A console before an allocator with 1,000 calls and 5,000 visitors, a snapshot a second. Prints a link. */

import { readPageFiles } from '../../src/web/server/pages.js';
import { manySnapshot } from '../../test/support/tui/snapshots.js';
import {
  aRecord,
  ENDED,
  newLink,
  playAllocator,
  startConsole,
} from '../../test/support/web/index.js';

const CALLS = 1_000;
const VISITORS = 5_000;

let round = 0;
const snapshot = () => manySnapshot(CALLS, VISITORS, round++);
const played = playAllocator(snapshot(), () => {
  throw new Error('every visitor is in the snapshot');
});
const web = await startConsole(played.client, readPageFiles());
for (let call = 1; call <= CALLS; call++) {
  played.record(aRecord(call, 'granted', { nvidiaIndex: 0, warm: true, waitedSeconds: 0 }));
  if (call > 8) played.record(aRecord(call, 'ended', ENDED));
}
setInterval(() => played.snapshot(snapshot()), 1_000);
process.stdout.write(`${newLink(web)}\n`);
