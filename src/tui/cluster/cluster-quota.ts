/** `zerogpu quota --cluster`: every node of a cluster, live on a terminal, as tables or as JSON elsewhere. */
import type { ClusterSnapshot } from '../../allocator/client/cluster-snapshot.js';
import { systemClock } from '../../shared/clock.js';
import { EXIT } from '../../shared/errors.js';
import type { RawQuotaOptions } from '../options.js';
import { drawingOn, optionsIn, type QuotaWorld } from '../quota.js';
import type { ReadCluster } from './controller.js';
import { agentCluster, clusterTables } from './plain.js';

/**
 * @returns the exit code: 3 when there is no node and none is gone
 * @throws UserError E_USAGE, and what `read` throws; a live view goes on without the store
 */
export async function clusterQuota(
  raw: RawQuotaOptions,
  world: QuotaWorld,
  read: ReadCluster,
): Promise<number> {
  const options = optionsIn(raw, world);
  const { stdout } = world;
  const first = await read();
  switch (options.mode) {
    case 'table':
      stdout.write(clusterTables(first));
      break;
    case 'agent':
      stdout.write(agentCluster(first));
      break;
    case 'json':
      stdout.write(jsonLine(first));
      break;
    case 'stream':
      await stream(first, read, options.everySeconds ?? 1, world);
      return EXIT.ok;
    case 'live': {
      const drawing = drawingOn(world, options);
      const { showCluster } = await import('./ui.js');
      await showCluster({ first, read, ...drawing });
      return EXIT.ok;
    }
  }
  return first.nodes.length === 0 ? EXIT.cannot : EXIT.ok;
}

const jsonLine = (cluster: ClusterSnapshot): string => `${JSON.stringify(cluster)}\n`;

/** One object a line until interrupted, until the reader or the store is gone. */
async function stream(
  first: ClusterSnapshot,
  read: ReadCluster,
  everySeconds: number,
  { stdout, interrupted }: QuotaWorld,
): Promise<void> {
  let isOver = interrupted.aborted;
  let wake = () => {};
  const end = () => {
    isOver = true;
    wake();
  };
  interrupted.addEventListener('abort', end, { once: true });
  stdout.once('close', end);
  stdout.once('error', end);
  stdout.write(jsonLine(first));
  while (!isOver) {
    await new Promise<void>((resolve) => {
      const timer = systemClock.after(everySeconds * 1_000, resolve);
      wake = () => {
        timer.cancel();
        resolve();
      };
    });
    if (!isOver) stdout.write(jsonLine(await read()));
  }
}
