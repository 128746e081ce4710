import type { Command } from 'commander';
import { isHubName, parseHubName } from '../hub/names.js';
import { parseBytes } from '../shared/bytes.js';
import { confirmOn } from '../shared/confirm.js';
import type { World } from './world.js';

/** What the flags say about a Space to download. */
export interface DownloadFlags {
  readonly yes?: boolean;
  readonly maxDownload?: string;
}

/** @throws UserError E_USAGE */
export function consentOf({ yes, maxDownload }: DownloadFlags, world: World) {
  return {
    yes: yes ?? false,
    mostBytes: maxDownload === undefined ? null : parseBytes(maxDownload, '--max-download'),
    confirm: confirmOn(world),
  };
}

/**
 * Makes a folder of `hf:OWNER/NAME` before anything looks at the folder: from then on the command runs
 * a folder like any other. Has to come before `readFileSettings`.
 */
export function bringNamedSpace(command: Command, world: World): void {
  command.hook('preAction', async () => {
    const [said] = command.processedArgs as [string];
    if (!isHubName(said)) return;
    const flags = command.opts<DownloadFlags & { spaceId?: string; logFormat?: string }>();
    const consent = consentOf(flags, world);
    const name = parseHubName(said);
    const [{ placeHubSpace }, { createConsole }, { systemClock }] = await Promise.all([
      import('../run/hub/hub-space.js'),
      import('../run/console/console.js'),
      import('../shared/clock.js'),
    ]);
    const format = flags.logFormat === 'json' ? 'json' : 'text';
    const write = (line: string) => void world.stderr.write(`${line}\n`);
    const say = createConsole({ logFormat: format, ascii: true }, write, systemClock).progress;
    const { env, interrupted } = world;
    command.processedArgs[0] = await placeHubSpace({ name, env, consent, say, interrupted });
    command.setOptionValueWithSource('hubSpace', name.id, 'cli');
    if (flags.spaceId === undefined) {
      // What was typed counts more than what the Space's own zerogpu.json says.
      command.setOptionValueWithSource('spaceId', name.id, 'cli');
    }
  });
}
