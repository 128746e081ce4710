/** The Space as Gradio's own client reaches it: endpoints, calls, files. */
import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { Client } from '@gradio/client';
import { EXIT, UserError } from '../shared/errors.js';
import type { Endpoint } from './arguments.js';
import { type PageInput, pageInputs } from './page.js';

/** What happens to a call until its end; the last one is `done` or `failed`. */
export type CallNews =
  | { readonly type: 'outputs'; readonly outputs: readonly unknown[] }
  /** A toast, in the words of the Space or of `spaces`. */
  | { readonly type: 'notice'; readonly title: string; readonly text: string }
  | { readonly type: 'progress'; readonly text: string }
  | { readonly type: 'done' }
  /** What the visitor's client shows. */
  | { readonly type: 'failed'; readonly title: string | null; readonly text: string };

export interface SpaceClient {
  readonly endpoints: readonly Endpoint[];
  /**
   * @param values by parameter name
   * @param interrupted ends the call at the Space as well, as the page's own cancelling does
   */
  call(
    endpoint: Endpoint,
    values: Readonly<Record<string, unknown>>,
    interrupted: AbortSignal,
  ): AsyncIterable<CallNews>;
  close(): void;
}

/**
 * Connects to a Space.
 *
 * @param visitor who calls, as a token has it; null for whoever the run takes by itself
 * @param name of this client, which the records of its calls have
 * @throws UserError E_CALL_UNREACHABLE
 */
export async function connectToSpace(
  url: string,
  visitor: string | null,
  name: string,
): Promise<SpaceClient> {
  silence();
  let client: Client;
  try {
    client = await Client.connect(url, {
      // Not the client's `token`: with that it asks huggingface.co for a signature.
      headers: {
        'x-zerogpu-client': name,
        ...(visitor === null ? {} : { 'x-hf-authorization': `Bearer ${visitor}` }),
      },
      events: ['data', 'status', 'log'],
      record_history: false,
    });
  } catch (error) {
    throw new UserError('E_CALL_UNREACHABLE', `no Gradio app answers at ${url}`, {
      why: error instanceof Error ? error.message.trim() : String(error),
      fix: ['zerogpu status', 'zerogpu run --detach'],
      exitCode: EXIT.cannot,
      cause: error,
    });
  }
  return {
    endpoints: endpointsOf(client),
    call: (endpoint, values, interrupted) => follow(client, endpoint, values, interrupted),
    close: () => client.close(),
  };
}

/** A file as the client uploads it. @throws UserError E_CALL_ARGUMENT */
export async function fileToSend(path: string): Promise<File> {
  try {
    return new File([await readFile(path)], basename(path));
  } catch (error) {
    throw new UserError('E_CALL_ARGUMENT', `${path} can't be read`, {
      why: error instanceof Error ? error.message : String(error),
      fix: '--file NAME=PATH   (a file that is there)',
      cause: error,
    });
  }
}

function endpointsOf({ api_info, config }: Client): readonly Endpoint[] {
  const inputs = pageInputs(config);
  return Object.entries(api_info?.named_endpoints ?? {}).map(([name, { parameters, returns }]) => ({
    name,
    parameters: parameters.map((parameter, index) => ({
      ...pageFactsOf(inputs.get(name), parameters.length, index),
      name: parameter.parameter_name,
      label: parameter.label,
      type: parameter.type,
      hasDefault: parameter.parameter_has_default ?? false,
      defaultValue: parameter.parameter_default,
      exampleInput: parameter.example_input,
    })),
    returns: returns.map(({ label, type }) => ({ label, type })),
  }));
}

/** Nothing where the page's inputs can't be matched with the parameters one to one. */
function pageFactsOf(inputs: readonly PageInput[] | undefined, parameters: number, index: number) {
  const input = inputs?.length === parameters ? inputs[index] : undefined;
  return {
    ...(input?.example === undefined ? {} : { pageExample: input.example }),
    ...(input?.bounds === undefined ? {} : { bounds: input.bounds }),
  };
}

async function* follow(
  client: Client,
  { name }: Endpoint,
  values: Readonly<Record<string, unknown>>,
  interrupted: AbortSignal,
): AsyncIterable<CallNews> {
  const submission = client.submit(name, { ...values });
  // Whoever interrupts does not wait for it: a Space that is gone has nothing to cancel.
  const cancel = () => void submission.cancel().catch(() => {});
  interrupted.addEventListener('abort', cancel, { once: true });
  try {
    for await (const event of submission) {
      if (event.type === 'data') yield { type: 'outputs', outputs: event.data };
      else if (event.type === 'log') yield { type: 'notice', title: event.title, text: event.log };
      else if (event.type === 'status') {
        const news = newsOf(event);
        if (news) yield news;
        if (news?.type === 'done' || news?.type === 'failed') return;
      }
    }
  } finally {
    interrupted.removeEventListener('abort', cancel);
  }
}

interface Status {
  readonly stage: string;
  readonly title?: string;
  readonly message?: unknown;
  readonly progress_data?: readonly {
    readonly index: number | null;
    readonly length: number | null;
    readonly unit: string | null;
    readonly desc: string | null;
  }[];
}

function newsOf({ stage, title, message, progress_data }: Status): CallNews | null {
  if (stage === 'complete') return { type: 'done' };
  if (stage === 'error') {
    const text = typeof message === 'string' ? message : JSON.stringify(message ?? '');
    return { type: 'failed', title: title && title !== 'Error' ? title : null, text };
  }
  const [progress] = progress_data ?? [];
  if (!progress) return null;
  const { index, length, unit, desc } = progress;
  const steps = length === null ? '' : `${index ?? 0}/${length} ${unit ?? ''}`;
  return { type: 'progress', text: [desc, steps.trim()].filter(Boolean).join(' ') };
}

/**
 * The client writes to the console, also after it was closed; what it says reaches the user as an error or
 * not at all. Nothing else of a call uses the console.
 */
function silence(): void {
  const nothing = () => {};
  Object.assign(globalThis.console, { log: nothing, warn: nothing, error: nothing });
}
