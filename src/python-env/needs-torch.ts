import type { Space } from '../space/index.js';
import { TORCH_USERS } from './known-versions.js';

/** Whether the Space, by its requirements or its own imports, uses PyTorch. */
export function needsTorch(space: Space): boolean {
  const names = (space.requirements?.requirements ?? []).map(({ name }) => name ?? '');
  const imports = space.imports.map((name) => name.replaceAll('_', '-'));
  return [...names, ...imports].some((name) => TORCH_USERS.has(name));
}
