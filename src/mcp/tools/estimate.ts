/** What a Space would take on the platform, without a GPU and without its weights: runs its code. */
import * as z from 'zod';
import { estimate } from '../../estimate/index.js';
import { profileNames } from '../../platform/index.js';
import { collectedWorld } from '../collect.js';
import { defineTool, type ToolContext } from '../tool.js';
import { folder } from './words.js';

export const estimateTool = defineTool({
  name: 'estimate',
  title: 'Estimate what a Space takes',
  description:
    'Memory, seconds, the duration to declare, the size and the calls a day of each endpoint on the platform, without a GPU and without weights. It runs the code of the Space, and asks the Hub for configurations and headers of its models.',
  changes: true,
  input: z.object({
    space: folder,
    function: z.string().max(500).optional().describe('one endpoint; each of them by default'),
    arguments: z.record(z.string(), z.unknown()).optional().describe('by parameter name'),
    platform: z.enum(profileNames).optional().describe('both editions by default'),
  }),
  async call({ space, function: name, arguments: given = {}, platform }, context) {
    const dir = context.root.pathOf(space);
    const world = collectedWorld(context);
    const words = Object.entries(given).map(
      ([key, value]) => `${key}=${typeof value === 'string' ? value : JSON.stringify(value)}`,
    );
    const request = { dir, name, words, ...(platform === undefined ? {} : { platform }) };
    await estimate(request, { ...world, env: safeEnvironment(context) });
    return world.said();
  },
});

/** As the tool `run` starts a Space, by the variables of its flags. */
function safeEnvironment({ env, mayInstall }: ToolContext): ToolContext['env'] {
  const install = mayInstall ? { ZEROGPU_YES: '1' } : { ZEROGPU_INSTALL: '0' };
  return { ...env, ...install, ZEROGPU_HOST: '127.0.0.1' };
}
