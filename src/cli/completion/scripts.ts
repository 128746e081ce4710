/** Completion scripts, one a shell. Pure: the tree of commands in, text out. */
import { type CommandNode, everyNode, wordsOf } from './tree.js';

export const SHELLS = ['bash', 'zsh', 'fish'] as const;
export type Shell = (typeof SHELLS)[number];

/** The script of a shell, to be sourced by it. */
export function completionScript(shell: Shell, tree: CommandNode): string {
  return { bash, zsh, fish }[shell](tree);
}

function bash(tree: CommandNode): string {
  const nodes = everyNode(tree);
  const words = nodes.map(({ path, flags, children }) => {
    const offered = [...children.map(({ name }) => name), ...flags.flatMap(wordsOf)];
    return `    ${quote(path)}) words=${quote(offered.join(' '))} ;;`;
  });
  return `# zerogpu: completion for bash.  source <(zerogpu completion bash)
_zerogpu() {
  local cur="\${COMP_WORDS[COMP_CWORD]}" prev="\${COMP_WORDS[COMP_CWORD-1]}" at="" words="" i
  COMPREPLY=()
  for ((i = 1; i < COMP_CWORD; i++)); do
    # What comes after -- is another program's.
    [[ \${COMP_WORDS[i]} == -- ]] && return
    case "$at/\${COMP_WORDS[i]}" in
      ${nodes.flatMap(({ path }) => (path === '' ? [] : [quote(path)])).join(' | ')}) at="$at/\${COMP_WORDS[i]}" ;;
    esac
  done
  case "$at $prev" in
${valueCases(nodes, (values) => `COMPREPLY=($(compgen -W ${quote(values)} -- "$cur")); return`)}
  esac
  case "$at" in
${words.join('\n')}
  esac
  # A word that is not a flag is a folder: bash completes it.
  if [[ $cur == -* || $words != -* ]]; then
    COMPREPLY=($(compgen -W "$words" -- "$cur"))
  fi
}
complete -o bashdefault -o default -F _zerogpu zerogpu
`;
}

function zsh(tree: CommandNode): string {
  const nodes = everyNode(tree);
  const cases = nodes.map(({ path, children, flags }) => {
    const rows = (list: readonly (readonly [string, string])[]) =>
      list.map(([word, text]) => quote(`${word}:${text.replaceAll(':', '\\:')}`)).join(' ');
    const commands = rows(children.map(({ name, description }) => [name, description]));
    const options = rows(
      flags.flatMap((flag) => wordsOf(flag).map((word) => [word, flag.description] as const)),
    );
    return `    ${quote(path)}) commands=(${commands}); flags=(${options}) ;;`;
  });
  return `#compdef zerogpu
# zerogpu: completion for zsh.  source <(zerogpu completion zsh)
_zerogpu() {
  local at="" i
  local -a commands flags
  for ((i = 2; i < CURRENT; i++)); do
    [[ \${words[i]} == -- ]] && { _normal; return }
    case "$at/\${words[i]}" in
      ${nodes.flatMap(({ path }) => (path === '' ? [] : [path])).join('|')}) at="$at/\${words[i]}" ;;
    esac
  done
  case "$at \${words[CURRENT-1]}" in
${valueCases(nodes, (values) => `compadd -- ${values}; return`)}
  esac
  case "$at" in
${cases.join('\n')}
  esac
  if [[ $PREFIX == -* ]]; then
    _describe -o flag flags
  elif (( \${#commands} )); then
    _describe command commands
  else
    _files
  fi
}
compdef _zerogpu zerogpu
`;
}

function fish(tree: CommandNode): string {
  const lines = everyNode(tree).flatMap(({ path, flags, children }) => {
    const words = path.split('/').filter(Boolean);
    const names = children.map(({ name }) => name).join(' ');
    const isHere = words.map((word) => `__fish_seen_subcommand_from ${word}`).join('; and ');
    const isOpen =
      children.length === 0
        ? isHere
        : [isHere, `not __fish_seen_subcommand_from ${names}`].filter(Boolean).join('; and ');
    return [
      ...children.map(
        ({ name, description }) =>
          `complete -c zerogpu -f -n ${quote(isOpen)} -a ${name} -d ${quote(description)}`,
      ),
      ...flags.map(({ long, short, description, takesValue, values }) =>
        [
          `complete -c zerogpu -n ${quote(isOpen)} -l ${long}`,
          ...(short === null ? [] : [`-s ${short}`]),
          ...(takesValue ? ['-r'] : []),
          ...(values.length === 0 ? [] : [`-f -a ${quote(values.join(' '))}`]),
          `-d ${quote(description)}`,
        ].join(' '),
      ),
    ];
  });
  return `# zerogpu: completion for fish.  zerogpu completion fish | source\n${lines.join('\n')}\n`;
}

/** A `case` arm for each flag with known values; a flag with any other value offers files. */
function valueCases(nodes: readonly CommandNode[], offer: (values: string) => string): string {
  return nodes
    .flatMap(({ path, flags }) =>
      flags
        .filter(({ takesValue, values }) => takesValue && values.length > 0)
        .flatMap((flag) =>
          wordsOf(flag).map(
            (word) => `    ${quote(`${path} ${word}`)}) ${offer(flag.values.join(' '))} ;;`,
          ),
        ),
    )
    .join('\n');
}

/** Text as a shell takes it, whatever is in it. */
function quote(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
