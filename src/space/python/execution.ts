/** Which code is never executed, and which only on some condition, by where it stands. */
import { type Outcome, outcomeOf } from './conditions.js';
import type { Resolver } from './targets.js';
import { bare, childOf } from './tree.js';
import type { PyNode, PythonFile } from './types.js';

const SCOPES = new Set(['function_definition', 'lambda']);
const CONDITIONAL = new Set([
  'except_clause',
  'except_group_clause',
  'case_clause',
  'match_statement',
]);
const LEAVES = new Set([
  'return_statement',
  'raise_statement',
  'continue_statement',
  'break_statement',
]);
const EXITS = new Set(['sys.exit', 'exit', 'quit', 'os._exit']);

/** How one node stands to a condition around it. */
type Branch = 'always' | 'never' | 'maybe';

export interface Execution {
  /** Whether nothing executes it, by the conditions around it within its function or module. */
  isDead(file: PythonFile, node: PyNode): boolean;
  /** Whether it is executed on some condition only. */
  isConditional(file: PythonFile, node: PyNode): boolean;
  /** Whether a child of this node is never executed; for walks from above. */
  isDeadChild(file: PythonFile, parent: PyNode, child: PyNode): boolean;
}

export function makeExecution(names: Resolver): Execution {
  const outcomes = new Map<PyNode, Outcome | null>();
  const ends = new Map<PyNode, number>();

  const outcome = (file: PythonFile, condition: PyNode): Outcome | null => {
    const known = outcomes.get(condition);
    if (known !== undefined) return known;
    const found = outcomeOf(names, file, condition);
    outcomes.set(condition, found);
    return found;
  };

  /** Where in a block execution leaves it for good. */
  const endOf = (file: PythonFile, block: PyNode): number => {
    const known = ends.get(block);
    if (known !== undefined) return known;
    const last = block.children.find((one) => leaves(file, one, names));
    const end = last?.end ?? Number.POSITIVE_INFINITY;
    ends.set(block, end);
    return end;
  };

  const branchOf = (file: PythonFile, parent: PyNode, child: PyNode): Branch => {
    switch (parent.type) {
      case 'block':
        return child.start >= endOf(file, parent) ? 'never' : 'always';
      case 'if_statement':
        return branchOfIf(file, parent, child, outcome);
      case 'elif_clause':
      case 'while_statement': {
        if (child.field === 'condition' || child.field === 'alternative') return 'always';
        const condition = childOf(parent, 'condition');
        return condition ? branch(outcome(file, condition), true) : 'maybe';
      }
      case 'conditional_expression': {
        const [value, condition] = parent.children;
        if (!condition || child === condition) return 'always';
        return branch(outcome(file, condition), child === value);
      }
      case 'boolean_operator':
        return branchOfOperator(file, parent, child, outcome);
      default:
        return CONDITIONAL.has(parent.type) ? 'maybe' : 'always';
    }
  };

  const some = (file: PythonFile, node: PyNode, wanted: (branch: Branch) => boolean): boolean => {
    for (let [below, at] = [node, node.parent]; at; [below, at] = [at, at.parent]) {
      if (SCOPES.has(at.type) && below.field === 'body') return false;
      if (wanted(branchOf(file, at, below))) return true;
    }
    return false;
  };

  return {
    isDead: (file, node) => some(file, node, (one) => one === 'never'),
    isConditional: (file, node) => some(file, node, (one) => one !== 'always'),
    isDeadChild: (file, parent, child) => branchOf(file, parent, child) === 'never',
  };
}

type AskOutcome = (file: PythonFile, condition: PyNode) => Outcome | null;

/** A condition that is sure decides; whatever a variable may change is open. */
function branch(outcome: Outcome | null, wanted: boolean): Branch {
  if (!outcome?.isSure) return 'maybe';
  return outcome.value === wanted ? 'always' : 'never';
}

/** A branch is taken when its condition holds and no condition above it does. */
function branchOfIf(file: PythonFile, node: PyNode, child: PyNode, outcome: AskOutcome): Branch {
  let found: Branch = 'always';
  for (const one of node.children) {
    if (one.field === 'condition') {
      if (one === child) return found;
      const own = outcome(file, one);
      if (child.field === 'consequence') return branch(own, true);
      found = branch(own, false);
    }
    if (one === child || found === 'never') return found;
    const condition = one.type === 'elif_clause' ? childOf(one, 'condition') : null;
    const above = condition ? branch(outcome(file, condition), false) : 'always';
    if (above !== 'always') found = above;
  }
  return found;
}

function branchOfOperator(
  file: PythonFile,
  node: PyNode,
  child: PyNode,
  outcome: AskOutcome,
): Branch {
  const [left, right] = [childOf(node, 'left'), childOf(node, 'right')];
  if (!left || !right || child !== right) return 'always';
  const isAnd = /^[\s)]*and\b/.test(file.text.slice(left.end, right.start));
  return branch(outcome(file, left), isAnd);
}

function leaves(file: PythonFile, statement: PyNode, names: Resolver): boolean {
  if (LEAVES.has(statement.type)) return true;
  const call = statement.type === 'expression_statement' ? statement.children[0] : undefined;
  const callee = call && bare(call).type === 'call' ? childOf(bare(call), 'function') : null;
  return callee !== null && EXITS.has(names.nameOf(file, callee) ?? '');
}
