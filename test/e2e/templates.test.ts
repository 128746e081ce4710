/** Every template as a person uses it: its own tests, offline, through `zerogpu run -- pytest`. */
import { cpSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { hasCompiler } from '../support/e2e/compiler.js';
import { oldPython, type RunEvent, runToEnd, testPython } from '../support/e2e/space.js';
import { type TemplateFacts, templates } from '../support/templates.js';

const scratch = mkdtempSync(join(tmpdir(), 'zerogpu-test-'));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

/** A copy of the template, run with these packages, called by its tests; the calls that were made. */
async function callOnce({ name, dir, run }: TemplateFacts, python: string) {
  const space = mkdtempSync(join(scratch, `${name}-`));
  cpSync(dir, space, { recursive: true, filter: (path) => !path.includes('__pycache__') });
  const events = join(space, 'events.ndjson');
  const ended = await runToEnd(
    [
      ...['run', space, '--python', python, '--port', '0', '--fresh', ...run],
      ...['--state-dir', join(space, 'state'), '--events', events, '--log-format', 'json'],
      ...['--', testPython(), '-m', 'pytest', '-q', '-p', 'no:cacheprovider', join(space, 'tests')],
    ],
    // Nothing may come from the Hub unless a person asks for it.
    { ...process.env, HF_HUB_OFFLINE: '1', PYTHONDONTWRITEBYTECODE: '1' },
  );
  expect(ended.code, `${ended.stdout}\n${ended.stderr}`).toBe(0);
  return readFileSync(events, 'utf8')
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as RunEvent)
    .filter(({ event }) => event === 'ended');
}

describe.concurrent('each template under `zerogpu run`', () => {
  it.each(templates.map((template) => [template.name, template] as const))(
    '%s',
    { timeout: 240_000 },
    async (_name, template) => {
      if (template.needs?.includes('compiler') && !hasCompiler()) return;
      const calls = await callOnce(template, testPython());
      expect(calls.length).toBeGreaterThan(0);
      for (const call of calls) expect(call).toMatchObject({ end: 'released', gpuUsed: true });
    },
  );

  it('hello on the oldest Gradio that it is offered with', async () => {
    const hello = templates.find(({ name }) => name === 'hello');
    expect(hello && (await callOnce(hello, oldPython()))).toHaveLength(1);
  });
});
