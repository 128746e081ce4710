import type { ErrorPage } from './error-pages.js';
import type { ErrorCode } from './errors.js';

/** Pages of what only happens in a cluster. */
export const CLUSTER_ERROR_PAGES = {
  E_CLUSTER_SIGN_IN: {
    why: 'The Valkey or Redis store of `--cluster` answers, and refuses the user, the password, or what that user wants to do there.',
    instead:
      'Name both in the address (`redis://USER:PASSWORD@HOST`), or the password in `ZEROGPU_CLUSTER_PASSWORD`.',
  },
  E_CLUSTER_NEWER: {
    why: 'What is in the store has a schema that this zerogpu does not know: one of the allocators there is of a newer release.',
    instead:
      'Update zerogpu on this host, or name another cluster of the same store with `?prefix=NAME`.',
  },
  E_CLUSTER_UNREACHABLE: {
    why: 'The Valkey or Redis store of `--cluster` does not answer within its time, or the connection ends. Running calls and Spaces go on; what every node has to agree on waits.',
    instead:
      'Start the store, or correct the address. Nothing else has to be done: nodes connect again by themselves.',
  },
  E_NODE_TAKEN: {
    why: 'A node has the name of its machine, or that of `--node`, and an allocator with another state folder has it already. After a crash on a machine without its state folder, the name is free after 10 s.',
    instead: '`zerogpu serve --node NAME`, with a name that `zerogpu nodes` does not list.',
  },
  E_NODE_UNKNOWN: {
    why: 'No node of that name has reported to the store within the last 10 s.',
    instead: '`zerogpu nodes` lists the names.',
  },
  E_NODE_DRAINED: {
    why: '`zerogpu nodes drain` keeps further Spaces away from the node; those that run there go on.',
    instead:
      'Start the Space on the node that `zerogpu spaces place` names, or `zerogpu nodes undrain NODE`.',
  },
  E_SPACE_ELSEWHERE: {
    why: 'A Space is `owner/name`, and runs on one node of a cluster at a time, as on the platform. Another node says that it runs there.',
    instead:
      'Stop it there, or start this one under another `--owner` or in a folder of another name. When that node is gone, it is free after 10 s.',
  },
  E_SPACE_UNPLACED: {
    why: 'Every node of the cluster is drained, or there is none.',
    instead: '`zerogpu nodes` shows them; `zerogpu nodes undrain NODE` lets one take Spaces again.',
  },
} as const satisfies Partial<Record<ErrorCode, ErrorPage>>;
