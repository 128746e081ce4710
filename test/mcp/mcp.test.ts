/** `zerogpu mcp` as an agent has it: a process, and the official client. */
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { publishRun } from '../../src/lifecycle/live-runs.js';
import { makeLog } from '../../src/lifecycle/run-logs.js';
import { zerogpu } from '../support/cli.js';
import { writeSpace } from '../support/lsp/space.js';
import { type Agent, startAgent } from '../support/mcp/client.js';

const TOKEN = `hf_${'q7Zt'.repeat(8)}`;
const PASSWORD = 'correct-horse-battery';
const scratch = mkdtempSync(join(tmpdir(), 'zerogpu-mcp-'));
const root = join(scratch, 'root');
const state = join(scratch, 'state');
const env = {
  HOME: scratch,
  ZEROGPU_STATE_DIR: state,
  HF_TOKEN: TOKEN,
  DB_PASSWORD: PASSWORD,
};
let agent: Agent;

beforeAll(async () => {
  mkdirSync(root);
  writeSpace(join(root, 'demo'));
  writeSpace(join(scratch, 'outside'), {
    'app.py': 'import gradio\n',
    'key.txt': 'topsecret==1\n',
  });
  agent = await startAgent(['--root', root], env);
}, 60_000);
afterAll(async () => {
  await agent?.leave();
  rmSync(scratch, { recursive: true, force: true });
});

describe('what a client finds', () => {
  it('tools with a schema each; those that run or change something say so', async () => {
    const { tools } = await agent.client.listTools();
    expect(tools.map(({ name }) => name)).toEqual([
      ...['check', 'explain', 'estimate', 'run', 'status', 'wait', 'call'],
      ...['quota', 'fault', 'advance_time', 'logs', 'stop'],
    ]);
    for (const { inputSchema, description, annotations } of tools) {
      expect(inputSchema.type).toBe('object');
      expect(description?.includes('Needs --allow-run')).toBe(!annotations?.readOnlyHint);
    }
    const check = tools.find(({ name }) => name === 'check');
    expect(check?.inputSchema.properties).toMatchObject({
      space: { type: 'string', default: '.' },
      platform: { enum: ['h200', 'rtx-pro-6000'] },
    });
    expect(check?.inputSchema.required).toBeUndefined();
  });

  it('pages: rules, errors, platforms and the guide; and no other address', async () => {
    const { client } = agent;
    const { resources } = await client.listResources();
    expect(resources.length).toBeGreaterThan(100);
    const read = async (uri: string) => {
      const { contents } = await client.readResource({ uri });
      const [first] = contents;
      return first && 'text' in first ? first.text : '';
    };
    for (const { uri } of resources) expect((await read(uri)).length, uri).toBeGreaterThan(50);
    expect(await read('zerogpu://rules/ZG201')).toMatch(/^# ZG201 torch-unsupported/);
    expect(await read('zerogpu://errors/E_PORT_TAKEN')).toContain('# E_PORT_TAKEN');
    expect(JSON.parse(await read('zerogpu://platforms/h200')).name).toBe('h200');
    expect(await read('zerogpu://docs/guide')).toContain('- `zerogpu mcp`: ');
    const { resourceTemplates } = await client.listResourceTemplates();
    expect(resourceTemplates.map(({ uriTemplate }) => uriTemplate)).toEqual([
      'zerogpu://rules/{id}',
      'zerogpu://errors/{code}',
    ]);
    for (const uri of ['file:///etc/passwd', 'zerogpu://rules/../../etc', 'zerogpu://errors/x']) {
      await expect(client.readResource({ uri })).rejects.toThrow('there is no resource');
    }
  });

  it('a prompt that says what to do with this server', async () => {
    const { client } = agent;
    const [prompt] = (await client.listPrompts()).prompts;
    expect(prompt?.name).toBe('make-this-space-pass');
    const { messages } = await client.getPrompt({
      name: 'make-this-space-pass',
      arguments: { space: 'demo' },
    });
    const [{ content } = { content: null }] = messages;
    const text = content?.type === 'text' ? content.text : '';
    expect(text).toContain('1. Call the tool check with {"space": "demo"}.');
    expect(text).toContain('may not run the Space');
    await expect(client.getPrompt({ name: 'other' })).rejects.toThrow('there is no prompt other');
  });
});

describe('tools that read', () => {
  it('check: the findings of zerogpu check, and its fixes as a diff that is not written', async () => {
    const { text, isError } = await agent.call('check', { space: 'demo' });
    expect(isError).toBe(false);
    const options = { cwd: root, env };
    const { stdout } = await zerogpu(['check', 'demo', '--format', 'agent', '--no-cache'], options);
    expect(text).toBe(stdout);
    expect(text).toMatch(/^demo\/\S+ error ZG201 .*\n[\s\S]*exit 1\n$/m);
    const { text: diff } = await agent.call('check', { space: 'demo', fixes: 'safe' });
    expect(diff).toContain('-torch==2.3.1\n+torch==2.4.0');
    expect((await agent.call('check', { space: 'demo' })).text).toBe(text);
    const one = await agent.call('check', { space: 'demo', select: 'ZG214', platform: 'h200' });
    expect(one.text).toMatch(/ ZG214 /);
    expect(one.text).not.toMatch(/ ZG201 /);
  });

  it('explain: the pages of zerogpu explain', async () => {
    const { text } = await agent.call('explain', { ids: ['torch-unsupported', 'E_PORT_TAKEN'] });
    expect(text).toContain('# ZG201 torch-unsupported');
    expect(text).toContain('# E_PORT_TAKEN');
    expect((await agent.call('explain')).text).toContain('ZG201');
  });
});

describe('errors', () => {
  const lines = /^error E_\w+: .+\nwhere: the tool \w+\n(?:why: [\s\S]+?\n)?next: .+/;

  it('say what, where, why and what to do', async () => {
    const cases = [
      ['check', { space: 'nowhere' }, 'E_SPACE_NOT_FOUND: there is no folder nowhere'],
      ['check', { space: 'hf:ada/hello' }, 'E_SPACE_NOT_FOUND: there is no folder ./hf:ada/hello'],
      ['check', { space: '-' }, 'E_SPACE_NOT_FOUND: there is no folder ./-'],
      ['check', { space: 7 }, "E_USAGE: the arguments of check can't be used"],
      ['check', { space: 'demo', platform: 'tpu' }, 'platform: '],
      ['check', { space: 'demo', select: 'ZG999' }, 'E_CHECK_RULE_UNKNOWN'],
      ['explain', { ids: ['ZG2O1'] }, 'E_CHECK_RULE_UNKNOWN'],
      ['quota', { space: 'demo' }, 'E_RUN_NONE'],
      ['logs', { space: 'demo' }, 'E_RUN_NONE'],
      ['wait', { space: 'demo', timeoutSeconds: 0.2 }, 'E_RUN_NONE'],
    ] as const;
    for (const [name, input, wanted] of cases) {
      const { text, isError } = await agent.call(name, input);
      expect(isError, text).toBe(true);
      expect(text).toContain(wanted);
      expect(text).toMatch(lines);
    }
    await expect(agent.call('rm')).rejects.toThrow('there is no tool rm; there are check, explain');
  });

  it('refuse what runs or changes something, unless the server was started for it', async () => {
    for (const name of ['run', 'estimate', 'call', 'fault', 'advance_time', 'stop']) {
      const { text, isError } = await agent.call(name, { space: 'demo' });
      expect(isError).toBe(true);
      expect(text).toContain('E_MCP_REFUSED');
      expect(text).toContain('zerogpu mcp --allow-run');
    }
    expect(agent.stderr()).toBe('');
  });

  it('end a server whose root is not a folder', async () => {
    const { code, stderr } = await zerogpu(['mcp', '--root', join(root, 'demo/app.py')], { env });
    expect(code).toBe(2);
    expect(stderr).toContain('which is not a folder');
  });
});

describe('the root', () => {
  const outside = join(scratch, 'outside');
  afterEach(() => {
    for (const name of ['link', 'linked', 'gone'])
      rmSync(join(root, name), { recursive: true, force: true });
  });

  it('is not left: by .., by an absolute path, by a link, by a link to nothing', async () => {
    symlinkSync(outside, join(root, 'link'));
    symlinkSync(join(scratch, 'to-come'), join(root, 'gone'));
    const paths = [
      '..',
      '../outside',
      outside,
      '/',
      'link',
      'link/lib',
      'demo/../../outside',
      'gone',
    ];
    for (const space of paths) {
      for (const tool of ['check', 'logs', 'quota', 'wait']) {
        const { text, isError } = await agent.call(tool, { space });
        expect(isError, `${tool} ${space}`).toBe(true);
        expect(text, `${tool} ${space}`).toContain('E_MCP_REFUSED');
      }
    }
    // Inside it, all ways of naming a folder are one.
    for (const space of ['demo', './demo', join(root, 'demo'), 'demo/lib/..']) {
      expect((await agent.call('check', { space })).text).toContain('fails demo platform=h200');
    }
  });

  it('holds for the files of a Space: a link to a file outside is reported, and is not read', async () => {
    writeSpace(join(root, 'linked'), {
      'README.md': '---\nsdk: gradio\n---\n',
      'app.py': 'import gradio\n',
    });
    symlinkSync(join(outside, 'key.txt'), join(root, 'linked/requirements.txt'));
    const { text } = await agent.call('check', { space: 'linked' });
    expect(text).toContain(
      'requirements.txt:1:1 warning ZG115 not checked: it is a link to a place',
    );
    for (const fixes of ['none', 'all']) {
      expect((await agent.call('check', { space: 'linked', fixes })).text).not.toContain(
        'topsecret',
      );
    }
  });
});

describe('secrets', () => {
  it('are in no answer: not those of the environment, not those that look like a token', async () => {
    const spilled = `torch=2.0 --index https://u:${TOKEN}@example.com/${PASSWORD}\n`;
    writeSpace(join(root, 'spill'), {
      'README.md': `---\nsdk: gradio\napp_file: ${PASSWORD}.py\n---\n`,
      'requirements.txt': spilled,
      'app.py': `TOKEN = "${TOKEN}"\n`,
    });
    const log = makeLog(state, join(root, 'spill'), 0, 1);
    writeFileSync(log ?? '', `started\n${spilled}`);
    const answers = [
      await agent.call('check', { space: 'spill' }),
      await agent.call('check', { space: 'spill', fixes: 'all' }),
      await agent.call('logs', { space: 'spill' }),
      await agent.call('check', { space: `nowhere-${PASSWORD}` }),
      await agent.call('explain', { ids: [TOKEN] }),
    ];
    const text = answers.map((one) => one.text).join('');
    expect(text).toContain('[secret]');
    expect(text).not.toContain(TOKEN);
    expect(text).not.toContain(PASSWORD);
  });
});

describe('a long session', () => {
  it('cancels a call that takes long, and continues', async () => {
    const dir = join(root, 'demo');
    const live = publishRun(state, { dir, visitor: 'anonymous', log: null });
    try {
      const cancelled = new AbortController();
      const messages: unknown[] = [];
      const waiting = agent.call(
        'wait',
        { space: 'demo', timeoutSeconds: 600 },
        {
          signal: cancelled.signal,
          timeout: 600_000,
          onprogress: (one) => messages.push(one),
        },
      );
      setTimeout(() => cancelled.abort('enough'), 300);
      await expect(waiting).rejects.toThrow('enough');
      expect((await agent.call('status')).text).toContain('"state":"starting"');
      live.update({ state: 'ready', url: 'http://127.0.0.1:7860' });
      expect((await agent.call('wait', { space: 'demo' })).text).toBe(
        'ready http://127.0.0.1:7860\n',
      );
    } finally {
      live.remove();
    }
    expect(agent.stderr()).toBe('');
  });

  it('answers 1,000 calls, many at a time, with flat memory', async () => {
    // A large heap is collected late: how late differs between releases of Node and between machines.
    const heap = { NODE_OPTIONS: '--max-old-space-size=64 --max-semi-space-size=2' };
    const long = await startAgent(['--root', root], { ...env, ...heap });
    const rounds = async (count: number) => {
      for (let round = 0; round < count; round += 1) {
        const answers = await Promise.all([
          long.call('check', { space: 'demo' }),
          long.call('check', { space: 'demo', fixes: 'safe' }),
          long.call('check', { space: '../outside' }),
          long.call('explain', { ids: ['ZG201'] }),
          long.call('explain'),
          long.call('status'),
          long.call('logs', { space: 'nowhere' }),
          long.call('check', { space: 3 }),
          long.call('run', { space: 'demo' }),
          long.client
            .readResource({ uri: 'zerogpu://docs/guide' })
            .then(() => ({ isError: false })),
        ]);
        expect(answers.map(({ isError }) => isError)).toEqual([
          ...[false, false, true, false, false, false, true, true, true, false],
        ]);
      }
    };
    await rounds(30);
    const settledMb = long.memoryMb();
    await rounds(70);
    expect(long.memoryMb() - settledMb).toBeLessThan(40);
    expect(long.stderr()).toBe('');
    await long.leave();
  }, 300_000);

  it('ends when its client does', async () => {
    const other = await startAgent(['--root', root], env);
    expect((await other.call('status')).isError).toBe(false);
    await other.leave();
    expect(other.stderr()).toBe('');
  });
});
