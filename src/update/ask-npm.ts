/** A process of its own, started by `notifyOfUpdate`, which does not wait for it. */
import { systemClock } from '../shared/clock.js';
import { noteNewest } from './newest.js';

const [folder] = process.argv.slice(2);
if (folder !== undefined) {
  noteNewest(folder, process.env, systemClock).catch(() => {
    process.exitCode = 1;
  });
}
