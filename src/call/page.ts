/** What the page itself offers for an endpoint: the first row of its Examples, and the bounds of its sliders. Pure. */
import * as z from 'zod';

/** Bounds of a slider; `step` is null where the page sets none. */
export interface Bounds {
  readonly minimum: number;
  readonly maximum: number;
  readonly step: number | null;
}

/** One input of an endpoint, as the page shows it. */
export interface PageInput {
  /** The value of the first row of `gr.Examples` that fills this input; undefined where there is none. */
  readonly example?: unknown;
  readonly bounds?: Bounds;
}

// Fields of `/config` as Gradio 4.44.1, 5 and 6.31.0 send them; all of them are read leniently.
const configSchema = z.object({
  components: z.array(
    z.object({
      id: z.int(),
      type: z.string().catch(''),
      props: z
        .object({
          samples: z.array(z.array(z.unknown())).optional().catch(undefined),
          minimum: z.number().optional().catch(undefined),
          maximum: z.number().optional().catch(undefined),
          step: z.number().nullish().catch(undefined),
        })
        .catch({}),
    }),
  ),
  dependencies: z.array(
    z.object({
      targets: z.array(z.tuple([z.int().nullable(), z.string()])).catch([]),
      inputs: z.array(z.int()).catch([]),
      outputs: z.array(z.int()).catch([]),
      api_name: z
        .union([z.string(), z.literal(false)])
        .nullish()
        .catch(null),
    }),
  ),
});

/** Components that no client sends: Gradio keeps their values itself. */
const KEPT_BY_GRADIO = ['state', 'browserstate'];

/**
 * The inputs of each endpoint in the order of its parameters.
 *
 * @param config what the app serves at `/config`; anything else gives no facts
 * @returns by name of the endpoint, with its slash
 */
export function pageInputs(config: unknown): ReadonlyMap<string, readonly PageInput[]> {
  const parsed = configSchema.safeParse(config);
  if (!parsed.success) return new Map();
  const { components, dependencies } = parsed.data;
  const component = new Map(components.map((one) => [one.id, one]));
  const examples = new Map<number, unknown>();
  for (const { targets, outputs } of dependencies) {
    const dataset = targets
      .map(([id]) => (id === null ? undefined : component.get(id)))
      .find((one) => one?.type === 'dataset');
    const row = dataset?.props.samples?.[0];
    // A row fills what its click writes to; Gradio leaves out columns that are empty in each row.
    if (row?.length !== outputs.length) continue;
    for (const [index, id] of outputs.entries()) {
      if (!examples.has(id)) examples.set(id, row[index]);
    }
  }
  return new Map(
    dependencies.flatMap(({ api_name: name, inputs }) => {
      if (typeof name !== 'string') return [];
      const shown = inputs.filter((id) => !KEPT_BY_GRADIO.includes(component.get(id)?.type ?? ''));
      return [[`/${name}`, shown.map((id) => inputOf(component.get(id)?.props, examples.get(id)))]];
    }),
  );
}

function inputOf(
  props: z.infer<typeof configSchema>['components'][number]['props'] | undefined,
  example: unknown,
): PageInput {
  const { minimum, maximum, step } = props ?? {};
  return {
    ...(example === undefined || example === null ? {} : { example }),
    ...(minimum === undefined || maximum === undefined
      ? {}
      : { bounds: { minimum, maximum, step: step ?? null } }),
  };
}
