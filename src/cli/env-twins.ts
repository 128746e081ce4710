import { type Command, Option } from 'commander';
import type { World } from '../shared/world.js';

/** How people switch something off in an environment variable. */
const OFF = /^(0|false|no|off)$/i;

/**
 * Reads environment twins as people mean them: an empty variable says nothing (CI sets many), and
 * a switch is what its value says. Commander by itself takes any value for "on", even `0`, and
 * would read ZEROGPU_INSTALL=1 as `--no-install`.
 */
export function readEnvironmentTwins(command: Command, env: World['env']): void {
  command.hook('preAction', () => {
    for (const option of command.options) {
      const name = option.attributeName();
      if (!option.envVar || command.getOptionValueSource(name) !== 'env') continue;
      const value = env[option.envVar] ?? '';
      if (value.trim() === '') {
        const unset: unknown = option.negate ? true : option.defaultValue;
        command.setOptionValueWithSource(name, unset, 'default');
      } else if (option.isBoolean() || option.negate) {
        command.setOptionValueWithSource(name, !OFF.test(value.trim()), 'env');
      }
    }
  });
}

/** Every flag has an environment twin: `--log-format` is ZEROGPU_LOG_FORMAT. */
export function twin(flags: string, description: string, value?: string): Option {
  const option = new Option(flags, description);
  option.env(`ZEROGPU_${option.name().replaceAll('-', '_').toUpperCase()}`);
  return value === undefined ? option : option.default(value);
}
