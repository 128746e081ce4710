/**
 * What `zerogpu quota --cluster --json` prints (docs/cluster.md). A field may be added within a version; nothing
 * is renamed or removed.
 */
import * as z from 'zod';
import { snapshotSchema, visitorSchema } from './snapshot.js';

export const clusterSnapshotSchema = z.object({
  version: z.literal(1),
  /** ISO 8601, by the store's clock. */
  at: z.string(),
  nodes: z.array(
    z.object({
      name: z.string(),
      /** `gone`: it has not beaten for 10 s. It is listed for 10 minutes, or until it beats again. */
      state: z.enum(['ready', 'drained', 'gone']),
      /** ISO 8601, by the store's clock. */
      lastBeatAt: z.string(),
      lastBeatSecondsAgo: z.number(),
      /**
       * Of its last beat, with 50 waiting calls and 50 visitors at most. Null for a node that is gone, and for
       * one whose zerogpu writes another form.
       */
      snapshot: snapshotSchema.nullable(),
    }),
  ),
  /** Each visitor of the snapshots once, with the quota that the store has. */
  visitors: z.array(visitorSchema),
});

export type ClusterSnapshot = z.infer<typeof clusterSnapshotSchema>;
export type ClusterSnapshotNode = ClusterSnapshot['nodes'][number];
