/**
 * What SARIF 2.1.0 (OASIS, errata 01) asks of the parts that we write, in our own words: names,
 * requirements and enumerations of sections 3.13 to 3.57. Properties that are not listed are refused, so
 * that a typing error is found.
 */
const text = { type: 'string', minLength: 1 };
const message = object({ text }, ['text']);
const positive = { type: 'integer', minimum: 1 };
const region = object(
  { startLine: positive, startColumn: positive, endLine: positive, endColumn: positive },
  ['startLine'],
);
const artifactLocation = object(
  { uri: { type: 'string', pattern: '^[^\\s\\\\]*$' }, uriBaseId: { type: 'string' } },
  ['uri'],
);
const level = { enum: ['none', 'note', 'warning', 'error'] };

export const sarifSchema = object(
  {
    $schema: { type: 'string' },
    version: { const: '2.1.0' },
    runs: list(
      object(
        {
          invocations: {
            type: 'array',
            items: object(
              { executionSuccessful: { type: 'boolean' }, exitCode: { type: 'integer' } },
              ['executionSuccessful'],
            ),
          },
          columnKind: { enum: ['utf16CodeUnits', 'unicodeCodePoints'] },
          originalUriBaseIds: {
            type: 'object',
            additionalProperties: object({ uri: { type: 'string', pattern: '^file:///.*/$' } }, [
              'uri',
            ]),
          },
          tool: object(
            {
              driver: object(
                {
                  name: text,
                  version: text,
                  semanticVersion: { type: 'string', pattern: '^\\d+\\.\\d+\\.\\d+' },
                  rules: list(
                    object(
                      {
                        id: text,
                        name: { type: 'string', pattern: '^[A-Z][A-Za-z0-9]*$' },
                        shortDescription: message,
                        fullDescription: message,
                        help: object({ text, markdown: text }, ['text']),
                        defaultConfiguration: object({ level }, []),
                      },
                      ['id'],
                    ),
                  ),
                },
                ['name'],
              ),
            },
            ['driver'],
          ),
          results: list(
            object(
              {
                ruleId: text,
                ruleIndex: { type: 'integer', minimum: 0 },
                level,
                message,
                locations: list(
                  object(
                    {
                      physicalLocation: object({ artifactLocation, region }, ['artifactLocation']),
                    },
                    [],
                  ),
                ),
                fixes: list(
                  object(
                    {
                      artifactChanges: list(
                        object(
                          {
                            artifactLocation,
                            replacements: list(
                              object(
                                {
                                  deletedRegion: region,
                                  insertedContent: object({ text: { type: 'string' } }, ['text']),
                                },
                                ['deletedRegion'],
                              ),
                            ),
                          },
                          ['artifactLocation', 'replacements'],
                        ),
                      ),
                    },
                    ['artifactChanges'],
                  ),
                ),
              },
              ['message'],
            ),
          ),
        },
        ['tool', 'results'],
      ),
    ),
  },
  ['version', 'runs'],
);

function object(properties: object, required: readonly string[]): object {
  return { type: 'object', properties, required, additionalProperties: false };
}

function list(items: object): object {
  return { type: 'array', items };
}
