/** The allocator of a run, as its plan has it: joined, or started here with its device. */
import { visitorOf } from '../allocator/core/visitor.js';
import type { TaskLabels } from '../allocator/server/task-labels.js';
import { systemClock } from '../shared/clock.js';
import {
  type AllocatorLink,
  giveCredits,
  joinAllocator,
  startOwnAllocator,
} from './allocator/index.js';
import type { CallLog, RunConsole } from './console/index.js';
import { assertFitsPlatform, type RunOptions } from './options/index.js';
import { ignoredFlags, type RunPlan } from './plan.js';
import type { RunContext } from './run-context.js';
import type { RunFolder } from './state/index.js';

/**
 * Opens the allocator, and gives the visitors the quotas and credits that the flags say.
 *
 * @throws UserError for a device or a ledger that can't be used, a hosting limit, and flags that do not fit
 *   the platform of the allocator that is joined
 */
export async function openAllocator(
  context: RunContext,
  plan: RunPlan,
  folder: RunFolder,
  labels: TaskLabels,
  log: CallLog,
): Promise<AllocatorLink> {
  const { options, console, cleanup } = context;
  const warn = (message: string) => console.warn(message);
  const space = {
    id: folder.cgroupPath,
    name: plan.space.name,
    owner: plan.space.owner,
    tasksSocket: folder.tasksSocket,
  };
  const allocator =
    plan.allocator.kind === 'join'
      ? await joinAllocator({
          ...{ locator: plan.allocator.serve, stateDir: plan.stateDir, space },
          ...{ onRecord: log.add, warn },
        })
      : await startOwnAllocator(
          plan.allocator.host,
          {
            runDir: folder.dir,
            env: context.world.env,
            version: context.version,
            onRecord: log.add,
            onStartupReport: async () => void (await labels.learn()),
            warn,
            onDevice: (backend) => cleanup.add('the GPU backend', backend.close),
          },
          space,
        );
  cleanup.add('the allocator', allocator.close);
  if (plan.allocator.kind === 'join') acceptJoined(options, allocator, console);
  if (options.account) await bringUse(options, allocator, console);
  if (options.creditSeconds !== null) {
    await giveCredits(allocator, options.visitor, options.creditSeconds);
  }
  return allocator;
}

/** What belongs to the whole host was decided when it was started. */
function acceptJoined(
  options: RunOptions,
  { rules, device }: AllocatorLink,
  console: RunConsole,
): void {
  const joined = { platform: rules.profile.name, gpus: device.gpus };
  const ignored = ignoredFlags(options, joined);
  if (ignored.length > 0) {
    console.warn(
      `${ignored.join(', ')}: decided by zerogpu serve, which this run joins (--fresh: one of its own)`,
    );
  }
  assertFitsPlatform(options, rules.profile);
}

/** The visitor has used here what the account has used on the Hub. */
async function bringUse(
  { account, visitor }: RunOptions,
  allocator: AllocatorLink,
  console: RunConsole,
): Promise<void> {
  if (account === null) return;
  const { accountUse } = await import('./hub/as-account.js');
  const { profile } = allocator.rules;
  const { use, lacksSeconds } = accountUse(account, profile, systemClock.now().wallMs);
  await allocator.setUse(visitorOf(visitor, '127.0.0.1'), use);
  if (lacksSeconds === 0) return;
  console.warn(
    `the account has ${Math.round(lacksSeconds)} s more left than ${visitor.tier} has in a day on ${profile.name}: here it has what ${visitor.tier} has`,
  );
}
