/** What an editor may say to the server: the settings of `zerogpu check`, as its configuration has them. */
import * as z from 'zod';
import { type CheckOptions, parseCheckOptions, type RawCheckOptions } from '../check/options.js';

const words = z.union([z.string(), z.array(z.string()).transform((list) => list.join(','))]);

const schema = z.object({
  platform: z.string().optional(),
  select: words.optional(),
  ignore: words.optional(),
});

/** Keys that are not known, or have values that mean nothing, are left out: an editor sends what it has. */
export function settingsOf(value: unknown, flags: RawCheckOptions): CheckOptions {
  const parsed = schema.safeParse(value ?? {});
  const said = parsed.success ? parsed.data : {};
  const given = Object.fromEntries(
    Object.entries(said).filter(([, one]) => one !== undefined && one !== ''),
  );
  return parseCheckOptions({ ...flags, ...given });
}
