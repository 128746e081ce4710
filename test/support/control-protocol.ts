import * as z from 'zod';
import { CONTROL, type Endpoint } from '../../src/allocator/client/protocol.js';

const endpoints: readonly Endpoint[] = Object.values(CONTROL);
const hasAnswer = ({ answer }: Endpoint) => !(answer instanceof z.ZodNull);

/** The table of docs/control-api.md. */
export function renderControlTable(): string {
  const rows = endpoints.map(({ method, path, example, says }) => {
    const shown = path.replace(/:(\w+)/g, (_, name: string) => name.toUpperCase());
    return `| \`${method} ${shown}${example ? `?${example}` : ''}\` | ${says} |`;
  });
  return ['| request | |', '|---|---|', ...rows].join('\n');
}

/** docs/schema/control-api.json: the same as an OpenAPI 3.1 document. */
export function renderControlSchema(): string {
  const paths: Record<string, Record<string, unknown>> = {};
  for (const endpoint of endpoints) {
    const path = endpoint.path.replace(/:(\w+)/g, '{$1}');
    paths[path] = { ...paths[path], [endpoint.method.toLowerCase()]: operation(endpoint) };
  }
  const document = {
    openapi: '3.1.0',
    info: { title: 'zerogpu control API', version: '1' },
    components: { securitySchemes: { secret: { type: 'http', scheme: 'bearer' } } },
    paths,
  };
  return `${JSON.stringify(document, null, 2)}\n`;
}

function operation(endpoint: Endpoint) {
  const { params, query, says, isSecret } = endpoint;
  return {
    summary: says,
    ...(isSecret ? { security: [{ secret: [] }] } : {}),
    parameters: [...parametersOf(params, 'path'), ...parametersOf(query, 'query')],
    responses: {
      ...(hasAnswer(endpoint) ? { '200': jsonBody(endpoint.answer) } : { '2XX': NO_JSON }),
      default: { description: 'Why it was refused', ...content(REFUSAL) },
    },
  };
}

const REFUSAL = {
  type: 'object',
  properties: { detail: { type: 'string' } },
  required: ['detail'],
};
const NO_JSON = { description: 'Done, or a stream or text as the summary says' };

function parametersOf(schema: z.ZodObject, place: 'path' | 'query') {
  const { properties = {}, required = [] } = z.toJSONSchema(schema, {
    io: 'input',
    unrepresentable: 'any',
  }) as { properties?: Record<string, unknown>; required?: string[] };
  return Object.entries(properties).map(([name, form]) => ({
    name,
    in: place,
    required: place === 'path' || required.includes(name),
    schema: form,
  }));
}

function jsonBody(answer: z.ZodType) {
  const { $schema: _, ...schema } = z.toJSONSchema(answer, { io: 'input' });
  return { description: 'The answer', ...content(schema) };
}

function content(schema: unknown) {
  return { content: { 'application/json': { schema } } };
}
