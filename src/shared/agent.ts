import type { UserError } from './errors.js';
import { printableLine } from './printable.js';

/**
 * Whether a coding agent reads the output: AI_AGENT and AGENT are what any agent may set (huggingface_hub 1.x,
 * utils/_detect_agent.py, as the `hf` command looks at them); the others are set by one each.
 */
export const AGENT_VARIABLES: readonly string[] = [
  'AI_AGENT',
  'AGENT',
  'CLAUDECODE',
  'CLAUDE_CODE',
  'CODEX_SANDBOX',
  'CODEX_THREAD_ID',
  'CURSOR_AGENT',
  'GEMINI_CLI',
];

export function isAgent(env: Readonly<Record<string, string | undefined>>): boolean {
  return AGENT_VARIABLES.some((name) => (env[name] ?? '').trim() !== '');
}

/** One error for a coding agent: one line, the next command at its end. */
export function agentError({ code, message, why, fix }: UserError): string {
  const parts = [
    `error ${code} ${message}`,
    ...(why ? [why] : []),
    `next: ${fix[0] ?? `zerogpu explain ${code}`}`,
  ];
  return `${parts.map(printableLine).join(' | ')}\n`;
}
