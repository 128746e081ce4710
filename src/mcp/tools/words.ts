/** What several tools take. */
import * as z from 'zod';

/** A folder that may not run. */
export const folder = z
  .string()
  .max(4_096)
  .default('.')
  .describe('folder of the Space, relative to the root of the server');

/** A Space that runs. */
export const run = z
  .string()
  .max(4_096)
  .default('.')
  .describe('folder of the Space, relative to the root; or owner/name or the address of its run');
