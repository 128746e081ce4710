/**
 * `node bin/dev/capture.js`: runs the demo and puts what a terminal shows into README.md, between its
 * capture comments. Set-up must have been done before, so that the picture is that of a second run.
 */
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { root } from './prepare.js';

/** Set-up of other programs, and a progress bar that a text can't show. */
const LEFT_OUT = /^\d\d:\d\d:\d\d app |^npm |^Building |^Installing |^added |^$/;
const BLOCK = /(<!-- capture:demo -->\n)[\s\S]*?(<!-- \/capture:demo -->)/;

const demo = spawnSync('sh', ['-c', 'node bin/dev/demo.js --once 2>&1'], {
  cwd: root,
  encoding: 'utf8',
});
if (demo.status !== 0) throw new Error(`the demo ended with code ${demo.status}:\n${demo.stdout}`);
const lines = demo.stdout
  .replaceAll(homedir(), '~')
  .split('\n')
  .filter((line) => !LEFT_OUT.test(line));
const readme = join(root, 'README.md');
const text = readFileSync(readme, 'utf8');
const picture = `\`\`\`text\n${lines.join('\n').trimEnd()}\n\`\`\`\n`;
writeFileSync(
  readme,
  text.replace(BLOCK, (_all, begin, end) => `${begin}${picture}${end}`),
);
