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
