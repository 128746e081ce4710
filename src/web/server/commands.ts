/** What a page may ask for: the allocator's commands, by the client that knows the secret. */
import * as z from 'zod';
import type { HostClient } from '../../allocator/client/index.js';
import { parseVisitorName, visitorOf } from '../../allocator/core/visitor.js';
import { UserError } from '../../shared/errors.js';
import type { Command, VisitorReply } from '../model/messages.js';

/** A longer body is not a command. */
export const LONGEST_COMMAND = 4_096;
const YEAR_SECONDS = 366 * 86_400;
const call = z.int().positive();

const commandSchema = z.discriminatedUnion('do', [
  z.strictObject({ do: z.literal('advance'), seconds: z.number().positive().max(YEAR_SECONDS) }),
  z.strictObject({ do: z.literal('faults'), spec: z.string().max(1_000) }),
  z.strictObject({ do: z.literal('kill'), call }),
  z.strictObject({ do: z.literal('release'), call }),
  z.strictObject({ do: z.literal('reset'), visitor: z.string().min(1).max(200) }),
]) satisfies z.ZodType<Command>;

export type CommandClient = Pick<
  HostClient,
  'advance' | 'setFaults' | 'kill' | 'release' | 'resetQuota' | 'visitor'
>;

/** Status and body of an answer to a page. */
export interface Outcome {
  readonly status: 204 | 400 | 502;
  readonly error: string | null;
}

/** @param body JSON, as the page has sent it */
export async function carryOut(body: string, client: CommandClient): Promise<Outcome> {
  const command = commandSchema.safeParse(parseJson(body)).data;
  if (!command) return { status: 400, error: 'This is not a command of the console.' };
  try {
    await act(command, client);
    return { status: 204, error: null };
  } catch (error) {
    return { status: 502, error: messageOf(error) };
  }
}

function act(command: Command, client: CommandClient): Promise<void> {
  switch (command.do) {
    case 'advance':
      return client.advance(command.seconds);
    case 'faults':
      return client.setFaults(command.spec);
    case 'kill':
      return client.kill(command.call);
    case 'release':
      return client.release(command.call);
    case 'reset':
      return client.resetQuota(command.visitor);
  }
}

/**
 * The quota of a visitor, who need not have called.
 *
 * @param as as `--as` has it; a visitor of this machine's browser
 * @returns null where that names none, or the allocator does not answer
 */
export async function visitorReply(
  as: string,
  client: CommandClient,
): Promise<VisitorReply | null> {
  const name = parseVisitorName(as);
  if (name === null) return null;
  const { key, tier } = visitorOf(name, '127.0.0.1');
  try {
    return await client.visitor(key, tier);
  } catch {
    return null;
  }
}

function messageOf(error: unknown): string {
  if (error instanceof UserError) return error.message;
  return error instanceof Error ? error.message : String(error);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
