/** What goes to a client: without secrets, not endless, and an error as what happened, where, why and what to do. */
import type { CallToolResult } from '@modelcontextprotocol/sdk/types.js';
import * as z from 'zod';
import { redact } from '../lifecycle/redact.js';
import { EXIT, UserError } from '../shared/errors.js';
import { printable } from '../shared/printable.js';

/** A model reads all of it: characters, about 50,000 tokens. */
const LONGEST_ANSWER = 200_000;

/** @param secrets of the environment, the longest first */
export function answerOf(text: string, secrets: readonly string[]): CallToolResult {
  const safe = redact(text, secrets);
  const shown =
    safe.length <= LONGEST_ANSWER
      ? safe
      : `${safe.slice(0, LONGEST_ANSWER)}\n… ${safe.length - LONGEST_ANSWER} more characters are left out`;
  return { content: [{ type: 'text', text: shown }] };
}

/** Null for a bug. */
export function errorAnswer(
  error: unknown,
  tool: string,
  secrets: readonly string[],
): CallToolResult | null {
  const known = error instanceof z.ZodError ? wrongInput(error, tool) : error;
  if (!(known instanceof UserError)) return null;
  const { code, message, why, fix } = known;
  const lines = [
    `error ${code}: ${message}`,
    `where: the tool ${tool}`,
    ...(why ? [`why: ${why}`] : []),
    `next: ${fix.join('\n      ') || `explain ${code}`}`,
  ];
  return { ...answerOf(printable(`${lines.join('\n')}\n`), secrets), isError: true };
}

function wrongInput(error: z.ZodError, tool: string): UserError {
  const issues = error.issues.map(
    ({ path, message }) => `${path.join('.') || 'input'}: ${message}`,
  );
  return new UserError('E_USAGE', `the arguments of ${tool} can't be used`, {
    why: issues.join('\n'),
    fix: `Give ${tool} what its inputSchema says.`,
  });
}

export function notAllowed(tool: string): UserError {
  return new UserError(
    'E_MCP_REFUSED',
    `${tool} runs or changes something, and this server only reads`,
    {
      why: 'It was started without --allow-run: a Space that runs can do what its user can.',
      fix: 'Ask the person who configures this client for: zerogpu mcp --allow-run',
      exitCode: EXIT.cannot,
    },
  );
}
