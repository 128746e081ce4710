import { spawn } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { dirname, join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createSpaceLabels } from '../../../src/allocator/server/space-labels.js';
import { createTaskLabels } from '../../../src/allocator/server/task-labels.js';
import {
  askAllTaskNames,
  askDefaultSize,
  askTaskName,
  readTaskNames,
} from '../../../src/allocator/server/task-names.js';
import { PYTHON, temporaryFolder } from '../../support/supervise.js';

const RUNTIME = resolve(import.meta.dirname, '../../../src/run/python');
const INFO = { name: 'Painter.draw', module: 'app', file: '/space/app.py', line: 12 };

/** Something that answers on the run's socket as the test says. */
async function answerer(onLine: (line: string, socket: Socket) => void): Promise<string> {
  const path = join(temporaryFolder(), 'tasks.sock');
  const server = createServer((socket) => {
    const lines = createInterface({ input: socket });
    // A client that has heard enough breaks off.
    lines.on('error', () => {});
    lines.on('line', (line) => onLine(line, socket));
  });
  await new Promise<void>((listening) => server.listen(path, listening));
  onTestFinished(() => void server.close());
  return path;
}

const answer = (text: string) => answerer((_, socket) => void socket.end(text));

describe('asking for a name', () => {
  it('sends the id as it came, digits beyond what a number holds included', async () => {
    const asked: string[] = [];
    const path = await answerer((line, socket) => {
      asked.push(line);
      socket.end(`${JSON.stringify(INFO)}\n`);
    });
    expect(await askTaskName(path, '18446744073709551615', 1_000)).toEqual(INFO);
    expect(asked).toEqual(['{"taskId": 18446744073709551615}']);
  });

  it('takes an answer that comes in parts', async () => {
    const text = `${JSON.stringify(INFO)}\n`;
    const path = await answerer((_, socket) => {
      socket.write(text.slice(0, 9));
      setTimeout(() => socket.write(text.slice(9)), 20);
    });
    expect(await askTaskName(path, '1', 1_000)).toEqual(INFO);
  });

  it.each([
    ['no such function', 'null\n'],
    ['no answer', ''],
    ['half an answer', '{"name": "dr'],
    ['no JSON', 'hello\n'],
    ['another answer', '{"name": 7}\n'],
    ['an answer without end', 'x'.repeat(100_000)],
  ])('gives null for %s', async (_, text) => {
    expect(await askTaskName(await answer(text), '1', 1_000)).toBeNull();
  });

  it('gives null when no answer comes in time', async () => {
    const path = await answerer(() => {});
    const before = performance.now();
    expect(await askTaskName(path, '1', 100)).toBeNull();
    expect(performance.now() - before).toBeLessThan(1_000);
  });

  it('gives null without a listener or without the folder', async () => {
    expect(await askTaskName('/no/such/folder/tasks.sock', '1', 1_000)).toBeNull();
    expect(await askTaskName(join(temporaryFolder(), 'tasks.sock'), '1', 1_000)).toBeNull();
  });

  it.each(['', 'x', '-1', '1.5', '1}', '1, "x": 2', '1\n{}'])('asks nothing for %j', async (id) => {
    const asked: string[] = [];
    const path = await answerer((line) => void asked.push(line));
    expect(await askTaskName(path, id, 100)).toBeNull();
    expect(asked).toEqual([]);
  });
});

describe('asking for the default size', () => {
  it.each([
    ['"xlarge"\n', 'xlarge'],
    ['null\n', null],
    ['"huge"\n', null],
    ['', null],
  ])('takes %j as %j', async (text, size) => {
    expect(await askDefaultSize(await answer(text), 1_000)).toBe(size);
  });
});

describe('labels for people', () => {
  it('are asked for once, by whoever asks', async () => {
    let asked = 0;
    const path = await answerer((_, socket) => {
      asked += 1;
      socket.end(`${JSON.stringify(INFO)}\n`);
    });
    const { labelOf } = createTaskLabels(path);
    expect(await Promise.all([labelOf('1'), labelOf('1')])).toEqual([
      'Painter.draw',
      'Painter.draw',
    ]);
    expect(await labelOf('1')).toBe('Painter.draw');
    expect(asked).toBe(1);
  });

  it('are a number where the app can’t tell, and asked for again', async () => {
    const answers = ['null\n', 'null\n', `${JSON.stringify(INFO)}\n`];
    const { labelOf } = createTaskLabels(
      await answerer((_, socket) => void socket.end(answers.shift() ?? '')),
      1,
    );
    expect(await labelOf('140')).toBe('task 1');
    await expect.poll(() => labelOf('140')).toBe('Painter.draw');
    expect(answers).toEqual([]);
  });

  it('are names from the start-up report on, where the app was too busy to tell one before', async () => {
    let isBusy = true;
    const path = await answerer((line, socket) => {
      if (isBusy) socket.end('null\n');
      else socket.end(`${JSON.stringify(line.includes('ask') ? { 7: INFO } : INFO)}\n`);
    });
    const labels = createSpaceLabels();
    labels.setSocket('/zerogpu/a', path);
    expect(await labels.ask('/zerogpu/a', '7')).toBe('task 1');
    isBusy = false;
    await labels.learn('/zerogpu/a');
    expect(await labels.ask('/zerogpu/a', '7')).toBe('Painter.draw');
    expect(labels.now('/zerogpu/a', '7')).toBe('Painter.draw');
  });

  it('are there for the first call of an app that is too busy to answer', async () => {
    const path = await answerer(() => {});
    const line = JSON.stringify({ taskId: '7', ...INFO });
    writeFileSync(join(dirname(path), 'tasks.jsonl'), `\n{"taskId": 7}\n${line}\n{"cut`);
    expect(await createTaskLabels(path).labelOf('7')).toBe('Painter.draw');
    expect([...(await readTaskNames(path)).keys()]).toEqual(['7']);
  });

  it('are learned all at once, and then not asked for', async () => {
    const asked: string[] = [];
    const path = await answerer((line, socket) => {
      asked.push(line);
      socket.end(`${JSON.stringify({ 7: INFO, 8: { ...INFO, name: 'other' } })}\n`);
    });
    const labels = createTaskLabels(path);
    expect(await labels.learn()).toBe(2);
    expect(await labels.labelOf('8')).toBe('other');
    expect(asked).toEqual(['{"ask": "tasks"}']);
  });

  it.each([
    ['no app', ''],
    ['an old answer', 'null\n'],
    ['something else', '[1]\n'],
  ])('stay as they are when %s answers', async (_, text) => {
    expect(await createTaskLabels(await answer(text)).learn()).toBeNull();
  });
});

/** An app with functions of every kind, whose socket is answered by zerogpu_tasks.py. */
const APP = `
import functools, json, sys
sys.path.insert(0, sys.argv[1])
import zerogpu_tasks

def decorate(function):
    @functools.wraps(function)
    def wrapper(*args):
        return function(*args)
    return wrapper

@decorate
def draw(): pass

class Painter:
    @staticmethod
    @decorate
    def paint(): pass
    def __call__(self): pass

painter = Painter()
hidden = [decorate(lambda: 1), functools.partial(draw)]

# As spaces.zero keeps what it has decorated: each function to its wrapper, and each wrapper to itself.
class Register:
    decorated_cache = {draw.__wrapped__: draw, draw: draw, Painter.paint: hidden[0], hidden[0]: hidden[0]}
sys.modules["spaces.zero.decorator"] = Register
zerogpu_tasks.start(sys.argv[2])
zerogpu_tasks.keep_list(sys.argv[2].replace("tasks.sock", "tasks.jsonl"))
Register.decorated_cache.update({painter: hidden[1], hidden[1]: hidden[1]})
tasks = {"draw": draw, "paint": Painter.paint, "painter": painter, "lambda": hidden[0],
         "partial": hidden[1], "inner": draw.__wrapped__, "builtin": len, "no": "no function"}
print(json.dumps({name: str(id(task)) for name, task in tasks.items()}), flush=True)
sys.stdin.read()
`;

describe('an app', () => {
  it('tells the names of its functions, whatever wraps them, below a path of any length', async () => {
    const dir = join(temporaryFolder(), 'a-long-name-'.repeat(10));
    mkdirSync(dir);
    const file = join(dir, 'app.py');
    writeFileSync(file, APP);
    const socket = join(dir, 'tasks.sock');
    expect(socket.length).toBeGreaterThan(108);
    const app = spawn(PYTHON, [file, RUNTIME, socket], {
      cwd: dir,
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    onTestFinished(() => void app.kill('SIGKILL'));
    const ids = await new Promise<Record<string, string>>((told) => {
      createInterface({ input: app.stdout }).once('line', (line) => told(JSON.parse(line)));
    });
    const nameOf = async (task: string) =>
      (await askTaskName(socket, ids[task] ?? '', 5_000))?.name;
    const info = { name: 'draw', module: '__main__', file, line: 12 };
    expect(await askTaskName(socket, ids['draw'] ?? '', 5_000)).toEqual(info);
    expect(await nameOf('inner')).toBe('draw');
    expect(await nameOf('partial')).toBe('draw');
    expect(await nameOf('paint')).toBe('Painter.paint');
    expect(await nameOf('painter')).toBe('Painter');
    expect(await nameOf('lambda')).toBe('<lambda>');
    expect(await nameOf('no')).toBeUndefined();
    const all = await askAllTaskNames(socket, 5_000);
    expect([...(all ?? [])].map(([id, { name }]) => [id, name])).toEqual([
      [ids['inner'], 'draw'],
      [ids['paint'], 'Painter.paint'],
      [ids['painter'], 'Painter'],
    ]);
    expect([...(await readTaskNames(socket))].map(([id, { name }]) => [id, name])).toEqual([
      [ids['inner'], 'draw'],
      [ids['paint'], 'Painter.paint'],
      [ids['painter'], 'Painter'],
    ]);
    expect(await askTaskName(socket, '1', 5_000)).toBeNull();
    // No `spaces` there, or a release without sizes: then the default is the platform's.
    expect(await askDefaultSize(socket, 5_000)).toBeNull();
  });
});
