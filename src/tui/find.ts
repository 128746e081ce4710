import { connect, controlSecret, findAllocators } from '../allocator/client/index.js';
import type { Found } from './feed.js';

/** The allocator to look at: that of `zerogpu serve`, else of the newest run; null for none. */
export function findRunning(stateDir: string): Found | null {
  const [locator] = findAllocators(stateDir);
  if (!locator) return null;
  return { url: locator.url, client: connect(locator.url, controlSecret(stateDir)) };
}
