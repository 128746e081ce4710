/**
 * Property tests draw the same cases in each run, so that a run that passed passes again; ZEROGPU_SEED=N draws
 * others, and ZEROGPU_SEED=random new ones each time.
 */
import fc from 'fast-check';

const DEFAULT_SEED = 20_261_129;
const asked = process.env['ZEROGPU_SEED'];

if (asked !== 'random') fc.configureGlobal({ seed: asked ? Number(asked) : DEFAULT_SEED });
