/** Which functions run while the app starts. */
import { argumentsOf } from './calls.js';
import type { Execution } from './execution.js';
import { submitsToPool } from './pools.js';
import type { Resolver } from './targets.js';
import { childOf, textOf } from './tree.js';
import type { PyFunction, PyNode, PythonFile } from './types.js';

export interface ReachWorld {
  readonly files: readonly PythonFile[];
  readonly names: Resolver;
  readonly execution: Execution;
  isGpu(fn: PyFunction): boolean;
}

/** A place that names a function. */
export interface Mention {
  /** The function that it stands in; null at module level. */
  readonly by: PyFunction | null;
  readonly isCall: boolean;
}

/** What runs a function that it is handed: name, and the argument's place or keyword. */
const RUNNERS: Readonly<Record<string, string | number>> = {
  Thread: 'target',
  Timer: 1,
  submit: 0,
  map: 0,
  run_in_executor: 1,
  start_new_thread: 0,
};
/** What runs when a class is called. */
const MAKERS = ['__init__', '__new__', '__post_init__'];
/** Functions that run at import, by the calls of the module level and of what these call. */
export function findStart(world: ReachWorld): ReadonlySet<PyFunction> {
  const walk = new StartWalk(world);
  walk.walk();
  return walk.functions;
}

class StartWalk {
  readonly functions = new Set<PyFunction>();
  readonly #world: ReachWorld;
  readonly #byPath: ReadonlyMap<string, PythonFile>;
  readonly #files = new Set<PythonFile>();
  readonly #open: { file: PythonFile; root: PyNode }[] = [];

  constructor(world: ReachWorld) {
    this.#world = world;
    this.#byPath = new Map(world.files.map((file) => [file.path, file]));
  }

  walk(): void {
    for (const file of this.#world.files) if (file.isMain || file.isDynamic) this.#enter(file);
    for (let unit = this.#open.pop(); unit; unit = this.#open.pop()) {
      this.#walkUnit(unit.file, unit.root);
    }
  }

  #enter(file: PythonFile | undefined): void {
    if (!file || this.#files.has(file)) return;
    this.#files.add(file);
    this.#open.push({ file, root: file.root });
  }

  #walkUnit(file: PythonFile, root: PyNode): void {
    const { names, execution } = this.#world;
    const nodes = [root];
    for (let node = nodes.pop(); node; node = nodes.pop()) {
      if (node.type === 'lambda') continue;
      if (node.type === 'call') this.#runCall(file, node);
      for (const { files, guard } of names.indexOf(file).imports.get(node) ?? []) {
        if (guard === 'type-checking') continue;
        for (const path of files) this.#enter(this.#byPath.get(path));
      }
      if (node.type === 'function_definition') {
        const fn = names.indexOf(file).functions.get(node);
        for (const one of fn?.decorators ?? []) this.#run(names.functionOf(file, one));
        continue;
      }
      for (const child of node.children) {
        if (!execution.isDeadChild(file, node, child)) nodes.push(child);
      }
    }
  }

  #runCall(file: PythonFile, call: PyNode): void {
    const { names } = this.#world;
    const callee = childOf(call, 'function');
    if (!callee) return;
    const target = names.targetOf(file, callee);
    if (target?.kind === 'class') {
      for (const name of MAKERS) this.#run(names.methodOf(target.class, name));
      const { file: from, bases } = target.class;
      // Whoever makes a thread starts it.
      const isThread = bases.some((base) => names.nameOf(from, base) === 'threading.Thread');
      if (isThread) this.#run(names.methodOf(target.class, 'run'));
    } else if (target?.kind !== 'package') {
      this.#run(names.functionOf(file, callee));
    }
    const last = callee.type === 'attribute' ? childOf(callee, 'attribute') : callee;
    const word = last ? textOf(file, last) : '';
    const place = Object.hasOwn(RUNNERS, word) ? RUNNERS[word] : undefined;
    if (place === undefined) return;
    const { positional, keywords } = argumentsOf(file, call);
    if (word === 'submit' && !submitsToPool(names, file, call, keywords)) return;
    const handed = typeof place === 'number' ? positional[place] : keywords.get(place);
    if (handed) this.#run(names.functionOf(file, handed));
  }

  #run(fn: PyFunction | null): void {
    if (!fn || this.functions.has(fn)) return;
    this.functions.add(fn);
    if (fn.body && !this.#world.isGpu(fn)) this.#open.push({ file: fn.file, root: fn.body });
  }
}

/** Functions whose every mention is a call by the module level or by another of them. */
export function onlyCalledIn(
  found: ReadonlySet<PyFunction>,
  mentions: ReadonlyMap<PyFunction, readonly Mention[]>,
): ReadonlySet<PyFunction> {
  const left = new Set(found);
  for (let isStable = false; !isStable; ) {
    isStable = true;
    for (const fn of left) {
      const isInside = ({ by, isCall }: Mention) => isCall && (by === null || left.has(by));
      if ((mentions.get(fn) ?? []).every(isInside)) continue;
      left.delete(fn);
      isStable = false;
    }
  }
  return left;
}
