import { parse } from 'smol-toml';
import * as z from 'zod';

/** What pyproject.toml says of the project's needs. */
export interface PyprojectModel {
  /** False when it is not TOML. */
  readonly isReadable: boolean;
  readonly dependencies: readonly string[];
  readonly requiresPython: string | null;
  /** A lock or a section of uv is there: its export writes requirements.txt. */
  readonly usesUv: boolean;
}

const schema = z.object({
  project: z
    .object({
      dependencies: z.array(z.string()).catch([]),
      'requires-python': z.string().nullable().catch(null),
    })
    .catch({ dependencies: [], 'requires-python': null }),
  tool: z.record(z.string(), z.unknown()).catch({}),
});

/** Reads pyproject.toml, whatever is in it. */
export function parsePyproject(text: string): PyprojectModel {
  try {
    const { project, tool } = schema.parse(parse(text));
    return {
      isReadable: true,
      dependencies: project.dependencies,
      requiresPython: project['requires-python'],
      usesUv: 'uv' in tool,
    };
  } catch {
    return { isReadable: false, dependencies: [], requiresPython: null, usesUv: false };
  }
}
