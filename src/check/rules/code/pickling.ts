/** What cannot be pickled, and so cannot travel to a worker or back. */
import {
  bare,
  childOf,
  isInside,
  nodesOfBody,
  type PyClass,
  type PyFunction,
  type PyNode,
  type PythonFile,
  textOf,
} from '../../../space/python/index.js';
import type { RuleContext } from '../../rule.js';

/** Makers of objects that `pickle.dumps` refuses: each tried with Python 3.11, httpx 0.28 (2026-11-29). */
const MAKERS: Readonly<Record<string, string>> = {
  open: 'an open file',
  'threading.Lock': 'a lock',
  'threading.RLock': 'a lock',
  'threading.Condition': 'a lock',
  'threading.Semaphore': 'a semaphore',
  'threading.BoundedSemaphore': 'a semaphore',
  'threading.Event': 'a threading.Event',
  'threading.Thread': 'a thread',
  'threading.Timer': 'a thread',
  'threading.local': 'a threading.local',
  'queue.Queue': 'a queue',
  'queue.SimpleQueue': 'a queue',
  'multiprocessing.Lock': 'a lock',
  'multiprocessing.Queue': 'a queue',
  'concurrent.futures.ThreadPoolExecutor': 'a thread pool',
  'sqlite3.connect': 'a database connection',
  'socket.socket': 'a socket',
  'subprocess.Popen': 'a process',
  'tempfile.NamedTemporaryFile': 'an open file',
  'tempfile.TemporaryFile': 'an open file',
  'httpx.Client': 'an HTTP client',
  'httpx.AsyncClient': 'an HTTP client',
  'asyncio.new_event_loop': 'an event loop',
  'logging.StreamHandler': 'a log handler',
  'transformers.TextIteratorStreamer': 'a streamer',
};

/** What an expression makes that cannot be pickled; null for everything else. */
export function unpicklable(
  { python }: RuleContext,
  file: PythonFile,
  node: PyNode,
): string | null {
  const at = bare(node);
  if (at.type === 'lambda') return 'a lambda';
  if (at.type === 'generator_expression') return 'a generator';
  const callee = at.type === 'call' ? childOf(at, 'function') : null;
  return callee ? (MAKERS[python.nameOf(file, callee) ?? ''] ?? null) : null;
}

export interface Unpicklable {
  readonly what: string;
  /** Where it is held: `self.lock`; null for the value itself. */
  readonly attribute: string | null;
}

/** The same for what a name stands for: an instance is refused for what its attributes hold. */
export function unpicklableValue(
  context: RuleContext,
  file: PythonFile,
  node: PyNode,
): Unpicklable | null {
  const { python } = context;
  const own = unpicklable(context, file, node);
  if (own) return { what: own, attribute: null };
  const at = bare(node);
  if (CONTAINERS.has(at.type)) return heldIn(context, file, at);
  if (at.type !== 'identifier' && at.type !== 'attribute' && at.type !== 'call') return null;
  const target = at.type === 'call' ? childOf(at, 'function') : at;
  const owner = target && python.classOf(file, target);
  if (owner) return instanceOf(context, owner);
  const fn = at.type === 'identifier' ? python.functionOf(file, at) : null;
  if (fn?.isNested && fn.node.type === 'function_definition') {
    return { what: 'a function that is defined in a function', attribute: null };
  }
  for (const value of at.type === 'call' ? [] : python.valuesOf(file, at)) {
    const held = bare(value.node);
    const what = unpicklable(context, value.file, held);
    if (what) return { what, attribute: null };
    const inside = CONTAINERS.has(held.type) ? heldIn(context, value.file, held) : null;
    if (inside) return inside;
  }
  return null;
}

const CONTAINERS = new Set(['dictionary', 'list', 'tuple', 'set']);

/** The first part of a dict, list or tuple that cannot be pickled. */
function heldIn(context: RuleContext, file: PythonFile, container: PyNode): Unpicklable | null {
  for (const part of container.children) {
    const value = part.type === 'pair' ? childOf(part, 'value') : part;
    const found = value && unpicklableValue(context, file, value);
    if (found) return found;
  }
  return null;
}

/** What an instance holds: of its methods, of its fields, and of the classes that it derives from. */
function instanceOf(context: RuleContext, owner: PyClass, depth = 0): Unpicklable | null {
  for (const method of owner.methods.values()) {
    const found = attributeOf(context, method);
    if (found) return found;
  }
  const field = fieldOf(context, owner);
  if (field || depth > MOST_BASES) return field;
  for (const base of owner.bases) {
    const above = context.python.classOf(owner.file, base);
    const found = above && above !== owner ? instanceOf(context, above, depth + 1) : null;
    if (found) return found;
  }
  return null;
}

const MOST_BASES = 5;

/** `lock: Lock = field(default_factory=Lock)` of a dataclass. */
function fieldOf({ python }: RuleContext, { file, node }: PyClass): Unpicklable | null {
  for (const call of file.calls) {
    const factory = call.keywords.get('default_factory');
    if (!factory || call.inFunction || !isInside(call.node, node)) continue;
    const what = MAKERS[python.nameOf(file, factory) ?? ''];
    const left = call.node.parent?.type === 'assignment' ? childOf(call.node.parent, 'left') : null;
    if (what && left) return { what, attribute: textOf(file, left) };
  }
  return null;
}

/** The first attribute of `self` that a method sets to something that cannot be pickled. */
export function attributeOf(context: RuleContext, method: PyFunction): Unpicklable | null {
  const self = method.parameters[0]?.name;
  if (!method.body || self === undefined) return null;
  for (const node of nodesOfBody(method.body)) {
    const left = node.type === 'assignment' ? childOf(node, 'left') : null;
    const right = node.type === 'assignment' ? childOf(node, 'right') : null;
    if (left?.type !== 'attribute' || !right) continue;
    const object = childOf(left, 'object');
    if (!object || textOf(method.file, object) !== self) continue;
    const what = unpicklable(context, method.file, right);
    if (what) return { what, attribute: textOf(method.file, left) };
  }
  return null;
}

const PICKLERS = ['__getstate__', '__reduce__', '__reduce_ex__', '__getnewargs__'];

/** Whether a class says itself how it is pickled. */
export function picklesItself(methods: ReadonlyMap<string, PyFunction>): boolean {
  return PICKLERS.some((name) => methods.has(name));
}

/** The same of a class or one of the classes of the Space that it derives from. */
export function picklesInstances({ python }: RuleContext, owner: PyClass): boolean {
  return PICKLERS.some((name) => python.methodOf(owner, name) !== null);
}
