/** The most words of a command and its subcommand. */
const MOST_NAMES = 2;

/**
 * Whether a command line can only print help: names of commands, and `--help` after them. With any option before it,
 * `--help` may be that option's value. `python` gives its words to Python.
 */
export function asksForHelp(argv: readonly string[]): boolean {
  const names = argv.slice(0, -1);
  const last = argv.at(-1);
  return (
    (last === undefined || last === '--help' || last === '-h') &&
    names.length <= MOST_NAMES &&
    names[0] !== 'python' &&
    !names.some((name) => name.startsWith('-'))
  );
}
