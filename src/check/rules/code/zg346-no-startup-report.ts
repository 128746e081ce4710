import { type PyCall, rangeOf } from '../../../space/python/index.js';
import { defineRule, type Fix, type RuleContext } from '../../rule.js';
import { insertBefore, unsafe } from './edits.js';
import { at, reachableCalls } from './facts.js';

type Data = {
  /** What serves the app in place of launch(); null where nothing does. */
  readonly how: string | null;
};

const SERVERS =
  /^(?:uvicorn\.(?:run|Server|Config)|hypercorn\.|gradio\.(?:routes\.)?mount_gradio_app$)/;

export const noStartupReport = defineRule<Data>({
  id: 'ZG346',
  name: 'no-startup-report',
  severity: 'error',
  summary: 'nothing calls launch() of the app, so that no start-up report is sent',
  docs: {
    why: `The \`spaces\` package packs the weights and reports the GPU functions to the platform when \`launch()\` of a Gradio
app is called. An app that is mounted with \`gr.mount_gradio_app\` and served by uvicorn never calls it: the platform
stops the Space with "No @spaces.GPU function detected during startup". An app that nothing launches ends with its file.`,
    instead:
      'Call `demo.launch()`; or, before the server starts, `from spaces import zero` and `zero.startup()`, which is what `launch()` would call.',
    notFound:
      'An app that calls `launch()` or `zero.startup()` anywhere that it executes; without a server, code that may launch it in another way.',
    examples: [
      {
        title: 'Fails',
        language: 'python',
        code: 'app = gr.mount_gradio_app(FastAPI(), demo, path="/")\nuvicorn.run(app, host="0.0.0.0", port=7860)',
      },
      {
        title: 'Passes',
        language: 'python',
        code: 'app = gr.mount_gradio_app(FastAPI(), demo, path="/")\n\nfrom spaces import zero\n\nzero.startup()\nuvicorn.run(app, host="0.0.0.0", port=7860)',
      },
    ],
    evidence: 'spaces 0.51.3 (PyPI), spaces/zero/__init__.py: startup(), gradio.one_launch().',
  },
  *check(context) {
    const { python } = context;
    if (!python.importsSpaces || !python.gpuFunctions.some(({ isReachable }) => isReachable))
      return;
    const calls = reachableCalls(context).filter((call) => isExecuted(context, call));
    if (calls.some(isReport)) return;
    const server = calls.find(({ callee }) => SERVERS.test(callee ?? ''));
    if (!server) {
      const app = unlaunched(context, calls);
      if (app) yield at(app.file, app.node, { how: null });
      return;
    }
    const runner = calls.find(({ callee }) => callee === 'uvicorn.run');
    const how = server.callee ?? 'the server';
    yield at(server.file, server.node, { how }, unsafe(runner && reportBefore(runner)));
  },
  words({ how }) {
    if (how === null) {
      return {
        message: 'nothing that runs calls launch(): the app ends when its file does',
        note: 'no start-up report is sent, and the platform stops the Space',
        help: 'demo.launch() at the end of the app file',
      };
    }
    return {
      message: `${how} serves the app, and nothing calls launch(): no start-up report is sent`,
      note: 'the platform stops it: "No @spaces.GPU function detected during startup"',
      help: 'demo.launch(), or `from spaces import zero` and zero.startup() before the server starts',
    };
  },
});

/** The report before the statement that serves, which has its line to itself. */
function reportBefore({ file, node, inFunction }: PyCall): Fix | undefined {
  const statement = node.parent?.type === 'expression_statement' ? node.parent : null;
  if (!statement || inFunction) return undefined;
  const { line, column } = rangeOf(file, statement);
  const indent = (file.source.lines[line - 1] ?? '').slice(0, column - 1);
  if (indent.trim() !== '') return undefined;
  return insertBefore(
    file,
    statement,
    `from spaces import zero\n\n${indent}zero.startup()\n${indent}`,
  );
}

const APPS = /^gradio\.(?:Blocks|Interface|ChatInterface|TabbedInterface)$/;
/** Ways to a launch that is not a call in the code. */
const HANDED_ON =
  /\blaunch\b(?!\s*\()|\b(?:exec|eval)\(|\brunpy\b|os\.(?:system|exec\w*)\(|\bsubprocess\b|\bServer\b/;

/** The Gradio app that the app file makes, where no code launches it; null where that is not sure. */
function unlaunched(context: RuleContext, calls: readonly PyCall[]): PyCall | null {
  const files = context.python.files.filter(({ isReachable }) => isReachable);
  const isElsewhere = reachableCalls(context).some(isReport);
  if (isElsewhere || files.some(({ text }) => HANDED_ON.test(withoutComments(text)))) return null;
  return calls.find(({ file, callee }) => file.isMain && APPS.test(callee ?? '')) ?? null;
}

function withoutComments(text: string): string {
  return text.replaceAll(/(?<=^|\s)#[^\n]*/g, '');
}

function isExecuted({ python }: RuleContext, { file, node }: PyCall): boolean {
  return python.executionOf(file, node) === 'executed';
}

function isReport({ callee, method }: PyCall): boolean {
  return method === 'launch' || /^spaces\.zero\.startup$/.test(callee ?? '');
}
