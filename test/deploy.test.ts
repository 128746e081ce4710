/** The examples of docs/deploy: what can be held against the code without the systems they are for. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { createMetrics } from '../src/allocator/server/metrics.js';
import { nodeGauges } from '../src/cluster/registry/node-gauges.js';
import { findOnPath } from '../src/shared/find-program.js';
import { programOfDocs } from './support/command-reference.js';
import { busySnapshot } from './support/tui/snapshots.js';

const DEPLOY = resolve(import.meta.dirname, '../docs/deploy');
const read = (name: string) => readFileSync(join(DEPLOY, name), 'utf8');
const units = readdirSync(DEPLOY).filter((name) => name.endsWith('.service'));

/** Every list of words in a YAML document that begins with `zerogpu`. */
function commandsIn(value: unknown): readonly (readonly string[])[] {
  if (Array.isArray(value)) {
    return value[0] === 'zerogpu' ? [value.map(String)] : value.flatMap(commandsIn);
  }
  return value !== null && typeof value === 'object'
    ? Object.values(value).flatMap(commandsIn)
    : [];
}

function yamlCommands(name: string): readonly (readonly string[])[] {
  return parseAllDocuments(read(name)).flatMap((document) => {
    expect(document.errors).toEqual([]);
    return commandsIn(document.toJS());
  });
}

function unknownFlags([, name = '', ...words]: readonly string[]): readonly string[] {
  const command = programOfDocs().commands.find((one) => one.name() === name);
  if (!command) return [name];
  const known = command.options.map(({ long }) => long);
  return words.filter((word) => word.startsWith('--') && !known.includes(word));
}

describe('docs/deploy', () => {
  it.each(['compose.yaml', 'kubernetes.yaml'])('%s is YAML whose commands are ours', (name) => {
    const commands = yamlCommands(name);
    expect(commands.map(([, command]) => command)).toEqual(['serve', 'run']);
    expect(commands.flatMap(unknownFlags)).toEqual([]);
  });

  it.each(units)('%s starts a command of ours', (name) => {
    const line = /^ExecStart=\S*\/(zerogpu .*)$/m.exec(read(name))?.[1] ?? '';
    expect(line).not.toBe('');
    expect(unknownFlags(line.split(' '))).toEqual([]);
  });

  it.skipIf(!findOnPath('systemd-analyze', process.env))('its units pass systemd-analyze', () => {
    const dir = mkdtempSync(join(tmpdir(), 'zerogpu-units-'));
    try {
      // The program that a unit starts has to be there.
      const files = units.map((name) => {
        const path = join(dir, name.replace('@', '@chat'));
        writeFileSync(path, read(name).replace(/^ExecStart=\S+/m, 'ExecStart=/bin/true'));
        return path;
      });
      const { status, stderr } = spawnSync('systemd-analyze', ['verify', ...files], {
        encoding: 'utf8',
      });
      expect(`${status} ${stderr.split('\n').filter((line) => line.includes(dir))}`).toBe('0 ');
    } finally {
      rmSync(dir, { recursive: true, force: true });
    }
  });

  it('its dashboard asks for metrics that a node has', () => {
    const text = createMetrics(() =>
      nodeGauges('gpu-1', { callsPerSecond: 0, busySlices: 0, squaredSeconds: 0 }, false, 0),
    ).render(busySnapshot());
    const ours = new Set([...text.matchAll(/^# TYPE (\S+)/gm)].map(([, name]) => name));
    const dashboard = JSON.parse(read('grafana-dashboard.json'));
    const asked: readonly string[] = dashboard.panels.flatMap(
      ({ targets }: { targets: { expr: string }[] }) =>
        targets.flatMap(({ expr }) => expr.match(/zerogpu_\w+/g) ?? []),
    );
    expect(asked.length).toBeGreaterThan(10);
    const bare = asked.map((name) => name.replace(/_(bucket|sum|count)$/, ''));
    expect(bare.filter((name) => !ours.has(name))).toEqual([]);
  });
});
