/** What may run several times in one call of its function. */
import { ancestorsOf, childOf, type PyNode } from '../../../space/python/index.js';

/** Whether it may run several times in one call of its function. */
export function isInLoop(node: PyNode): boolean {
  for (const around of ancestorsOf(node)) {
    if (around.type === 'function_definition' || around.type === 'lambda') return false;
    if (COMPREHENSIONS.has(around.type) && !isInFirstIterable(around, node)) return true;
    if (around.type !== 'for_statement' && around.type !== 'while_statement') continue;
    const body = childOf(around, 'body');
    const isInBody = body !== null && node.start >= body.start && node.end <= body.end;
    if ((isInBody || around.type === 'while_statement') && !isLeft(body)) return true;
  }
  return false;
}

/** What a comprehension runs through is made once. */
function isInFirstIterable(comprehension: PyNode, node: PyNode): boolean {
  const clause = comprehension.children.find(({ type }) => type === 'for_in_clause');
  const iterable = clause && childOf(clause, 'right');
  return iterable != null && node.start >= iterable.start && node.end <= iterable.end;
}

const COMPREHENSIONS = new Set([
  'list_comprehension',
  'set_comprehension',
  'dictionary_comprehension',
  'generator_expression',
]);

/** A body that ends in `return` or `break` and has no `continue` of its own runs once at most. */
function isLeft(body: PyNode | null): boolean {
  const statements = body?.children.filter(({ type }) => type !== 'comment') ?? [];
  const last = statements.at(-1)?.type ?? '';
  if (!body || !/^(?:return|raise|break)_statement$/.test(last)) return false;
  return !mayContinue(body);
}

function mayContinue(node: PyNode): boolean {
  return node.children.some(
    (child) =>
      child.type === 'continue_statement' || (!LOOPS.test(child.type) && mayContinue(child)),
  );
}

const LOOPS = /^(?:for|while)_statement$|_definition$|^lambda$/;
