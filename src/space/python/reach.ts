/**
 * Which functions anything in the Space reaches, and which run while the app starts. Where a name can't
 * be resolved it reaches whatever is called so: too much is reached rather than too little.
 */

import { findStart, type Mention, onlyCalledIn, type ReachWorld } from './start.js';
import type { Target } from './targets.js';
import { childOf, stringOf, textOf } from './tree.js';
import type { PyClass, PyFunction, PyNode, PythonFile } from './types.js';

export interface Reach {
  /** Files whose module level something executes. */
  readonly files: ReadonlySet<PythonFile>;
  /** Functions that something executed calls, hands on, or may call by name. */
  readonly functions: ReadonlySet<PyFunction>;
  /** Functions that run while the app starts, through other functions too; GPU functions among them. */
  readonly calledAtStart: ReadonlySet<PyFunction>;
  /** Those of them that nothing else calls or hands on. */
  readonly onlyAtStart: ReadonlySet<PyFunction>;
}

/** Ways to code that no reader of files can follow. */
const OPEN =
  /\b(?:globals|locals|vars)\(\)\s*\[|(?<![.\w])(?:exec|eval)\(|import_module\(\s*(?!["'])|instantiate_from_config|hydra|\brunpy\b/;
/** Decorators that do not register the function anywhere. */
const QUIET =
  /^(?:staticmethod|classmethod|property|spaces\.GPU|torch\.(?:no_grad|inference_mode|compile|jit\.\w+|autocast|amp\.\w+)|functools\.(?:wraps|lru_cache|cache|cached_property|singledispatch)|contextlib\.\w+|dataclasses\.dataclass|abc\.\w+|typing\.\w+|overload|abstractmethod|contextmanager|dataclass|lru_cache|cache|wraps)$/;
/** Bases whose hooks are known: other methods run when they are called. */
const MODULE_BASES =
  /^(?:torch\.nn\.(?:modules\.\w+\.)?Module|object|enum\.\w+|abc\.ABC|typing\.\w+)$/;
const MODULE_HOOKS = new Set(['forward', 'extra_repr', 'reset_parameters']);
const WORD = /[A-Za-z_]\w*/g;

export function findReach(world: ReachWorld): Reach {
  const mentions = new MentionWalk(world);
  mentions.walk();
  const calledAtStart = findStart(world);
  return {
    files: mentions.files,
    functions: mentions.functions,
    calledAtStart,
    onlyAtStart: onlyCalledIn(calledAtStart, mentions.mentions),
  };
}

/** Every name in everything that is reached, and what it reaches. */
class MentionWalk {
  readonly files = new Set<PythonFile>();
  readonly functions = new Set<PyFunction>();
  readonly mentions = new Map<PyFunction, Mention[]>();
  readonly #world: ReachWorld;
  readonly #byPath: ReadonlyMap<string, PythonFile>;
  /** Functions and classes of module levels, by name: what a string may stand for. */
  readonly #declared = new Map<string, Target[]>();
  readonly #classes = new Set<PyClass>();
  /** Names that something asks for of something unknown: `x.load`, `"load"`. */
  readonly #wanted = new Set<string>();
  /** Methods of reached classes that wait for their name. */
  readonly #waiting = new Map<string, PyFunction[]>();
  readonly #open: { file: PythonFile; root: PyNode; fn: PyFunction | null }[] = [];

  constructor(world: ReachWorld) {
    this.#world = world;
    this.#byPath = new Map(world.files.map((file) => [file.path, file]));
    for (const file of world.files) this.#declare(file);
  }

  walk(): void {
    const { files } = this.#world;
    for (const file of files) if (file.isMain || file.isDynamic) this.#reachFile(file);
    this.#drain();
    if ([...this.files].some(({ text }) => OPEN.test(text))) this.#reachEverything();
    this.#drain();
  }

  #declare(file: PythonFile): void {
    const { functions, classes } = this.#world.names.indexOf(file);
    const add = (name: string, target: Target): void => {
      const known = this.#declared.get(name);
      if (known) known.push(target);
      else this.#declared.set(name, [target]);
    };
    for (const fn of functions.values()) {
      const isPlain = fn.className === null && !fn.isNested && fn.node.type !== 'lambda';
      if (isPlain) add(fn.name, { kind: 'function', function: fn });
    }
    for (const one of classes.values()) add(one.name, { kind: 'class', class: one });
  }

  #drain(): void {
    for (let unit = this.#open.pop(); unit; unit = this.#open.pop()) {
      this.#walkUnit(unit.file, unit.root, unit.fn);
    }
  }

  #reachEverything(): void {
    for (const file of this.#world.files) {
      if (!file.isReachable) continue;
      this.#reachFile(file);
      // A plain function that nothing names even then is one that nothing calls.
      for (const fn of file.functions) {
        const isPlain = fn.className === null && !fn.isNested && fn.node.type !== 'lambda';
        if (!isPlain) this.#mention(fn, { by: null, isCall: false });
      }
    }
  }

  #reachFile(file: PythonFile): void {
    if (this.files.has(file)) return;
    this.files.add(file);
    this.#open.push({ file, root: file.root, fn: null });
  }

  #walkUnit(file: PythonFile, root: PyNode, fn: PyFunction | null): void {
    const { execution } = this.#world;
    const open: PyNode[] = [root];
    for (let node = open.pop(); node; node = open.pop()) {
      const entered = this.#visit(file, fn, node);
      if (!entered) continue;
      for (const child of node.children) {
        if (!execution.isDeadChild(file, node, child)) open.push(child);
      }
    }
  }

  /** @returns whether to go on with what is below the node */
  #visit(file: PythonFile, fn: PyFunction | null, node: PyNode): boolean {
    const { names } = this.#world;
    switch (node.type) {
      case 'import_statement':
      case 'import_from_statement':
        this.#import(file, node);
        return false;
      case 'block':
        // A block of a library that the reader left out.
        if (!file.isWhole && node.children.length === 0) this.#mentionWords(file, fn, node);
        return true;
      case 'function_definition':
        this.#define(file, fn, node);
        return false;
      case 'lambda': {
        const own = names.indexOf(file).functions.get(node);
        if (own) this.functions.add(own);
        return true;
      }
      case 'class_definition': {
        const own = names.indexOf(file).classes.get(node);
        if (own && node.parent?.type === 'decorated_definition') this.#reachClass(own);
        return true;
      }
      case 'keyword_argument': {
        const value = childOf(node, 'value');
        if (value) this.#walkUnit(file, value, fn);
        return false;
      }
      case 'string':
        this.#string(stringOf(file, node));
        return true;
      case 'attribute':
        return this.#attribute(file, fn, node);
      case 'identifier':
        if (!isBinding(node)) {
          this.#reach(names.targetOfName(file, fn, textOf(file, node)), fn, isCallee(node));
        }
        return false;
      default:
        return true;
    }
  }

  #attribute(file: PythonFile, fn: PyFunction | null, node: PyNode): boolean {
    const { names } = this.#world;
    const target = names.targetOf(file, node);
    if (target && target.kind !== 'package') this.#reach(target, fn, isCallee(node));
    const attribute = childOf(node, 'attribute');
    // What overrides it is reached under the same name.
    if (attribute && target?.kind !== 'package') this.#want(textOf(file, attribute));
    const object = childOf(node, 'object');
    if (object) this.#walkUnit(file, object, fn);
    return false;
  }

  #import(file: PythonFile, node: PyNode): void {
    for (const one of this.#world.names.indexOf(file).imports.get(node) ?? []) {
      if (one.guard === 'type-checking') continue;
      for (const path of one.files) {
        const found = this.#byPath.get(path);
        if (found) this.#reachFile(found);
      }
    }
  }

  /** What is executed where a function is made: its decorators and its defaults. */
  #define(file: PythonFile, fn: PyFunction | null, node: PyNode): void {
    const { names, isGpu } = this.#world;
    const own = names.indexOf(file).functions.get(node);
    for (const child of node.children) {
      if (child.field === 'parameters') this.#walkDefaults(file, fn, child);
    }
    if (!own) return;
    const isHandedOn = own.decorators.some((one) => {
      const callee = one.type === 'call' ? (childOf(one, 'function') ?? one) : one;
      return !QUIET.test(names.nameOf(file, callee) ?? '');
    });
    if (isHandedOn || isGpu(own)) this.#mention(own, { by: fn, isCall: false }, isGpu(own));
  }

  #walkDefaults(file: PythonFile, fn: PyFunction | null, parameters: PyNode): void {
    for (const one of parameters.children) {
      const value = childOf(one, 'value');
      if (value) this.#walkUnit(file, value, fn);
    }
  }

  #string(text: string | null): void {
    const word = text === null || text.length > 80 ? null : /(?:^|[.:])([A-Za-z_]\w*)$/.exec(text);
    if (!word?.[1]) return;
    this.#want(word[1]);
    for (const one of this.#declared.get(word[1]) ?? []) this.#reach(one, null, false);
  }

  #reach(target: Target | null, by: PyFunction | null, isCall: boolean): void {
    if (target?.kind === 'function') this.#mention(target.function, { by, isCall });
    if (target?.kind === 'class' || target?.kind === 'instance') this.#reachClass(target.class);
  }

  #mention(fn: PyFunction, mention: Mention, isQuiet = false): void {
    if (!isQuiet) {
      const known = this.mentions.get(fn);
      if (known) known.push(mention);
      else this.mentions.set(fn, [mention]);
    }
    if (this.functions.has(fn)) return;
    this.functions.add(fn);
    if (fn.body) this.#open.push({ file: fn.file, root: fn.body, fn });
  }

  #reachClass(found: PyClass): void {
    if (this.#classes.has(found)) return;
    this.#classes.add(found);
    const { names } = this.#world;
    const bases = found.bases.map((base) => names.targetOf(found.file, base));
    for (const base of bases) this.#reach(base, null, false);
    const isForeign = found.bases.some((base, index) => {
      const target = bases[index];
      return target?.kind !== 'class' && !MODULE_BASES.test(names.nameOf(found.file, base) ?? '');
    });
    for (const [name, fn] of found.methods) {
      const isHook = /^__\w+__$/.test(name) || MODULE_HOOKS.has(name);
      if (isHook || isForeign || this.#wanted.has(name)) {
        this.#mention(fn, { by: null, isCall: false }, true);
      } else if (!this.functions.has(fn)) {
        const known = this.#waiting.get(name);
        if (known) known.push(fn);
        else this.#waiting.set(name, [fn]);
      }
    }
  }

  /** A name that is asked for of something unknown. */
  #want(name: string): void {
    if (this.#wanted.has(name)) return;
    this.#wanted.add(name);
    for (const fn of this.#waiting.get(name) ?? []) {
      if (!this.functions.has(fn)) this.#mention(fn, { by: null, isCall: false });
    }
    this.#waiting.delete(name);
  }

  /** For what was left out, its words decide. */
  #mentionWords(file: PythonFile, fn: PyFunction | null, { start, end }: PyNode): void {
    for (const word of new Set(file.text.slice(start, end).match(WORD))) {
      const target = this.#world.names.targetOfName(file, fn, word);
      if (target && target.kind !== 'package') this.#reach(target, fn, false);
      this.#want(word);
    }
  }
}

function isBinding(node: PyNode): boolean {
  const { parent, field } = node;
  if (field === 'left')
    return (
      parent?.type !== 'comparison_operator' &&
      parent?.type !== 'binary_operator' &&
      parent?.type !== 'boolean_operator'
    );
  return field === 'name' && parent?.type !== 'decorator';
}

function isCallee(node: PyNode): boolean {
  return node.field === 'function' && node.parent?.type === 'call';
}
