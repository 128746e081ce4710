/**
 * `node bin/dev/capture-quota.js`: shows the live view of the tests' busy emulator in a real terminal
 * (tmux), and draws what stands on its screen, colours included, into docs/images/*.svg.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { build } from 'esbuild';
import { root } from './prepare.js';

const COLUMNS = 80;
const ROWS = 24;
/** Width and height of a character, in the units of the picture. */
const CELL = { width: 8.4, height: 18 };
const MARGIN = 12;
const COLOURS = { 31: '#f47067', 32: '#57ab5a', 33: '#d9a440' };
const PLAIN = '#d6dde5';
const DIM = '#8b98a5';
/** Each picture: its file, and the keys before it is taken. */
const PICTURES = [
  { name: 'quota', keys: ['Down', 'Down', 'Down', 'Down', 'Down'] },
  { name: 'quota-details', keys: ['Down', 'Down', 'Down', 'Down', 'Enter'] },
];

/** The screen as lines of pieces with the same look, from text with colour codes. */
export function piecesOf(screen) {
  return screen.split('\n').map((line) => {
    const pieces = [];
    let look = { colour: PLAIN, bold: false };
    // biome-ignore lint/suspicious/noControlCharactersInRegex: colour codes are made of them
    for (const part of line.match(/\u001b\[[\d;]*m|[^\u001b]+/g) ?? []) {
      if (!part.startsWith('\u001b')) {
        pieces.push({ text: part, ...look });
        continue;
      }
      for (const code of part.slice(2, -1).split(';').map(Number)) {
        if (code === 0) look = { colour: PLAIN, bold: false };
        else if (code === 1) look = { ...look, bold: true };
        else if (code === 2) look = { ...look, colour: DIM };
        else if (code === 22) look = { colour: PLAIN, bold: false };
        else if (code === 39) look = { ...look, colour: PLAIN };
        else if (COLOURS[code]) look = { ...look, colour: COLOURS[code] };
      }
    }
    return pieces;
  });
}

const escaped = (text) =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');

/** A picture that says as text what the screen says, for those who can't see it. */
export function svgOf(lines, title) {
  const width = COLUMNS * CELL.width + 2 * MARGIN;
  const height = lines.length * CELL.height + 2 * MARGIN;
  const rows = lines.map((pieces, row) => {
    let column = 0;
    const spans = pieces.map(({ text, colour, bold }) => {
      const x = (MARGIN + column * CELL.width).toFixed(1);
      const length = [...text].length;
      column += length;
      if (text.trim() === '') return '';
      const weight = bold ? ' font-weight="bold"' : '';
      // Held to the grid, whichever font is there.
      return `<tspan x="${x}" fill="${colour}"${weight} textLength="${(length * CELL.width).toFixed(1)}">${escaped(text)}</tspan>`;
    });
    const y = MARGIN + row * CELL.height + 13;
    return `<text y="${y}" xml:space="preserve">${spans.join('')}</text>`;
  });
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" role="img" font-family="ui-monospace, Menlo, Consolas, 'DejaVu Sans Mono', monospace" font-size="14">`,
    `<title>${title}</title>`,
    `<rect width="${width}" height="${height}" rx="8" fill="#1c2128"/>`,
    ...rows,
    '</svg>',
    '',
  ].join('\n');
}

async function capture(player, keys) {
  const folder = mkdtempSync(join(tmpdir(), 'zerogpu-capture-'));
  const socket = join(folder, 's');
  // In CI, the view would be a table.
  const { CI: _ci, CONTINUOUS_INTEGRATION: _integration, NO_COLOR: _no, ...kept } = process.env;
  const env = {
    ...kept,
    ZEROGPU_NO_UPDATE_CHECK: '1',
    TERM: 'xterm-256color',
    LANG: 'C.UTF-8',
    TZ: 'UTC',
    ZEROGPU_REDUCED_MOTION: '1',
  };
  const tmux = (...args) =>
    execFileSync('tmux', ['-S', socket, '-f', '/dev/null', ...args], { encoding: 'utf8', env });
  try {
    tmux('-u', 'new-session', '-d', '-x', `${COLUMNS}`, '-y', `${ROWS}`, '-c', root, 'sh');
    tmux('set', '-g', 'status', 'off');
    tmux('resize-window', '-x', `${COLUMNS}`, '-y', `${ROWS}`);
    tmux('send-keys', `node ${player} busy`, 'Enter');
    for (let tries = 0; !tmux('capture-pane', '-p').includes('live'); tries++) {
      if (tries > 200) throw new Error(`no view came:\n${tmux('capture-pane', '-p')}`);
      await sleep(100);
    }
    // The first frame is there a moment before the keyboard is listened to.
    await sleep(1_000);
    for (const key of keys) {
      tmux('send-keys', key);
      await sleep(200);
    }
    return tmux('capture-pane', '-p', '-e').trimEnd();
  } finally {
    spawnSync('tmux', ['-S', socket, 'kill-server']);
    rmSync(folder, { recursive: true, force: true });
  }
}

const cache = join(root, 'node_modules/.cache/zerogpu-test');
const player = join(cache, `capture-${process.pid}.mjs`);
const images = join(root, 'docs/images');
mkdirSync(cache, { recursive: true });
mkdirSync(images, { recursive: true });
await build({
  entryPoints: [join(root, 'test/support/tui/play.tsx')],
  bundle: true,
  format: 'esm',
  platform: 'node',
  packages: 'external',
  jsx: 'automatic',
  outfile: player,
});
try {
  for (const { name, keys } of PICTURES) {
    const lines = piecesOf(await capture(player, keys));
    writeFileSync(join(images, `${name}.svg`), svgOf(lines, `zerogpu ${name.replace('-', ': ')}`));
  }
} finally {
  rmSync(player, { force: true });
}
