/** What `zerogpu mcp` answers: the lists and the calls of the Model Context Protocol. */
import { Server } from '@modelcontextprotocol/sdk/server/index.js';
import {
  CallToolRequestSchema,
  type CallToolResult,
  ErrorCode,
  GetPromptRequestSchema,
  ListPromptsRequestSchema,
  ListResourcesRequestSchema,
  ListResourceTemplatesRequestSchema,
  ListToolsRequestSchema,
  McpError,
  type ProgressNotification,
  type ProgressToken,
  ReadResourceRequestSchema,
  type Tool as ToolDescription,
} from '@modelcontextprotocol/sdk/types.js';
import * as z from 'zod';
import { redact } from '../lifecycle/redact.js';
import { answerOf, errorAnswer, notAllowed } from './answers.js';
import { PROMPT, promptText } from './prompt.js';
import type { Resources } from './resources.js';
import type { Tool, ToolContext } from './tool.js';

export interface McpOptions {
  readonly tools: readonly Tool[];
  readonly resources: Resources;
  /** All that a call is given but for what belongs to the one call. */
  readonly context: Omit<ToolContext, 'signal' | 'progress'>;
  /** `--allow-run`. */
  readonly mayRun: boolean;
  /** Values that are in no answer. */
  readonly secrets: readonly string[];
  /** Aborted when the server ends. */
  readonly ended: AbortSignal;
  /** Told of a bug. */
  readonly onBug: (error: unknown) => void;
}

export function createMcpServer(options: McpOptions): Server {
  const { tools, resources, mayRun, context } = options;
  const server = new Server(
    { name: 'zerogpu', version: context.version },
    {
      capabilities: { tools: {}, resources: {}, prompts: {} },
      instructions: `Checks, runs and tests Hugging Face ZeroGPU Spaces below ${context.root.dir}. Start with the tool check; zerogpu://docs/guide says in which order to go on.`,
    },
  );
  server.onerror = (error) => options.onBug(error);
  const described = tools.map(describe);
  server.setRequestHandler(ListToolsRequestSchema, () => ({ tools: described }));
  server.setRequestHandler(CallToolRequestSchema, ({ params }, extra) =>
    callTool(options, params, {
      signal: AbortSignal.any([extra.signal, options.ended]),
      progress: progressOf(extra, options.secrets),
    }),
  );
  server.setRequestHandler(ListResourcesRequestSchema, () => ({ resources: [...resources.list] }));
  server.setRequestHandler(ListResourceTemplatesRequestSchema, () => ({
    resourceTemplates: [...resources.templates],
  }));
  server.setRequestHandler(ReadResourceRequestSchema, ({ params: { uri } }) => {
    const found = resources.read(uri);
    if (found) return { contents: [found] };
    throw new McpError(
      ErrorCode.InvalidParams,
      `there is no resource ${uri}; resources/list has all`,
    );
  });
  server.setRequestHandler(ListPromptsRequestSchema, () => ({ prompts: [PROMPT] }));
  server.setRequestHandler(GetPromptRequestSchema, ({ params }) => {
    if (params.name !== PROMPT.name) {
      throw new McpError(
        ErrorCode.InvalidParams,
        `there is no prompt ${params.name}; it is ${PROMPT.name}`,
      );
    }
    const text = promptText(params.arguments?.['space'] ?? '.', mayRun);
    return { messages: [{ role: 'user' as const, content: { type: 'text' as const, text } }] };
  });
  return server;
}

function describe({ name, title, description, input, changes }: Tool): ToolDescription {
  const { $schema: _schema, ...schema } = z.toJSONSchema(input, { io: 'input' });
  return {
    name,
    title,
    description: changes ? `${description} Needs --allow-run.` : description,
    inputSchema: schema as ToolDescription['inputSchema'],
    annotations: { title, readOnlyHint: !changes, openWorldHint: false },
  };
}

async function callTool(
  { tools, context, mayRun, secrets, onBug }: McpOptions,
  {
    name,
    arguments: given = {},
  }: { name: string; arguments?: Record<string, unknown> | undefined },
  call: Pick<ToolContext, 'signal' | 'progress'>,
): Promise<CallToolResult> {
  const tool = tools.find((one) => one.name === name);
  if (!tool) {
    const names = tools.map((one) => one.name).join(', ');
    throw new McpError(ErrorCode.InvalidParams, `there is no tool ${name}; there are ${names}`);
  }
  try {
    if (tool.changes && !mayRun) throw notAllowed(name);
    return answerOf(await tool.call(given, { ...context, ...call }), secrets);
  } catch (error) {
    const answer = errorAnswer(error, name, secrets);
    if (answer) return answer;
    // What was cancelled has no answer: nothing failed.
    if (!call.signal.aborted) onBug(error);
    throw new McpError(
      ErrorCode.InternalError,
      'zerogpu failed in a way it should not; its stderr has the stack',
    );
  }
}

interface Extra {
  readonly _meta?: { readonly progressToken?: ProgressToken | undefined } | undefined;
  readonly signal: AbortSignal;
  sendNotification(notification: ProgressNotification): Promise<void>;
}

/** Sends messages to a client that has asked for them. */
function progressOf(extra: Extra, secrets: readonly string[]): (message: string) => void {
  const progressToken = extra._meta?.progressToken;
  if (progressToken === undefined) return () => {};
  let progress = 0;
  return (said) => {
    const message = redact(said.trim(), secrets);
    if (message === '' || extra.signal.aborted) return;
    progress += 1;
    const params = { progressToken, progress, message };
    // A client that has gone reads no more.
    extra.sendNotification({ method: 'notifications/progress', params }).catch(() => {});
  };
}
