import type { Command } from 'commander';
import { UserError } from '../shared/errors.js';

/**
 * Refuses a flag whose value is empty, as `--events "$FILE"` is where FILE is not set: taken for a flag that
 * was left out, it would do less than was asked for. An empty environment variable does say nothing.
 */
export function refuseEmptyValues(program: Command): void {
  program.hook('preAction', (_program, command) => {
    for (const option of command.options) {
      const name = option.attributeName();
      if (option.isBoolean() || command.getOptionValueSource(name) !== 'cli') continue;
      const given: unknown = command.getOptionValue(name);
      const values: readonly unknown[] = Array.isArray(given) ? given : [given];
      if (!values.includes('')) continue;
      throw new UserError('E_USAGE', `${option.long ?? option.flags} is empty`, {
        why: `It takes ${option.flags.split(' ').slice(-1)}: ${option.description}.`,
        fix: `${option.flags}   (or leave it out)`,
      });
    }
  });
}
