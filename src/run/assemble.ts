import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import type { AllocatorRules } from '../allocator/core/types.js';
import { createFaultPlan, FAULT_KINDS } from '../allocator/server/faults.js';
import { type AllocatorServer, startAllocator } from '../allocator/server/index.js';
import { createVisitorTokens } from '../allocator/server/visitor-tokens.js';
import { createMockBackend } from '../gpu/mock/index.js';
import type { GpuBackend } from '../gpu/port.js';
import { loadProfile } from '../platform/index.js';
import { systemClock } from '../shared/clock.js';
import { findFreePort } from '../shared/listen.js';
import { readSpace, type Space } from '../space/index.js';
import { type CallLog, createCallLog } from './call-log.js';
import type { Cleanup } from './cleanup.js';
import type { RunConsole } from './console.js';
import { type Gateway, startGateway } from './gateway/index.js';
import type { RunOptions } from './options.js';
import { quotaClock } from './quota-clock.js';
import { createRunFolder, type RunFolder, stateDir } from './run-folder.js';
import { createTaskLabels } from './task-labels.js';

/** Everything of a run but the app: the Space as read, and what stands around it. */
export interface RunParts {
  readonly runId: string;
  readonly space: Space;
  readonly rules: AllocatorRules;
  readonly folder: RunFolder;
  readonly backend: GpuBackend;
  readonly allocator: AllocatorServer;
  readonly gateway: Gateway;
  /** Where the app is told to listen. */
  readonly upstreamPort: number;
  readonly log: CallLog;
}

/**
 * Reads the Space and starts allocator and gateway. Ports are taken here, before any Python is
 * installed or started, so that a taken one is told at once.
 *
 * @throws UserError for a bad Space, platform, port or state folder
 */
export async function assemble(
  options: RunOptions,
  env: Readonly<Record<string, string | undefined>>,
  console: RunConsole,
  cleanup: Cleanup,
): Promise<RunParts> {
  const profile = loadProfile(options.platform);
  const space = await readSpace(options.dir);
  const runId = randomBytes(8).toString('hex');
  const folder = await createRunFolder(stateDir(options.stateDir, env), runId);
  cleanup.add('the run folder', folder.remove);

  const rules: AllocatorRules = {
    profile,
    longestCallSeconds: options.longestCallSeconds,
    concurrencyPerSpace: null,
  };
  const { gpus, vramBytes } = options;
  const backend = createMockBackend({ profile, gpus, vramBytes, runDir: folder.dir });
  cleanup.add('the GPU backend', backend.close);

  const labelOf = createTaskLabels(join(folder.dir, 'tasks.sock'));
  const log = createCallLog(labelOf, console.call);
  const tokens = createVisitorTokens(randomBytes(32), systemClock);
  const allocator = await startAllocator({
    rules,
    backend,
    tokens,
    clock: quotaClock(systemClock, options.speed),
    onRecord: log.add,
    faults: createFaultPlan(options.faults, options.seed),
    onFault: ({ kind }) => console.warn(`fault ${kind}: ${FAULT_KINDS[kind].text}`),
  });
  cleanup.add('the allocator', allocator.close);

  const upstreamPort = await findFreePort();
  const gateway = await startGateway({
    host: options.host,
    port: options.port,
    upstreamPort,
    defaultVisitor: options.visitor,
    tokens,
    ...(options.faults.some(({ kind }) => kind === 'token-error')
      ? { tokenError: 'Invalid token (fault)' }
      : {}),
    onTold: console.told,
  });
  cleanup.add('the gateway', gateway.close);
  return { runId, space, rules, folder, backend, allocator, gateway, upstreamPort, log };
}
