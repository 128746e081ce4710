/**
 * Which tests may be skipped, and on which machine: a skip that is not listed fails the run, so that a
 * check can't disappear unnoticed.
 */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { findOnPath } from '../../src/shared/find-program.js';
import { INSTALLED_STORES, STORE_PROGRAMS } from './cluster/store-server.js';
import { chromiumPath } from './e2e/chromium.js';
import { noTerminal } from './tui/terminal.js';

interface ExpectedSkip {
  readonly file: RegExp;
  /** Full name of the test; without it any of the file's. */
  readonly test?: RegExp;
  /** What the machine lacks, in a word. */
  readonly lacks: string;
  readonly isLacking: () => boolean;
}

const isRoot = process.getuid?.() === 0;
const canMount = () =>
  spawnSync('unshare', ['-rm', 'sh', '-c', 'mount -t tmpfs tmpfs /mnt']).status === 0;

const EXPECTED: readonly ExpectedSkip[] = [
  {
    file: /(e2e\/(browser|login)|web\/page)\.test/,
    lacks: 'Chromium',
    isLacking: () => !chromiumPath,
  },
  {
    file: /(tui\/terminal|e2e\/(console|view-under-load|background))\.test/,
    lacks: 'a terminal',
    isLacking: () => noTerminal !== null,
  },
  {
    file: /(e2e\/(disk-full|hub-space)|cli\/(read-only-state|full-disk))\.test/,
    lacks: 'mount namespaces',
    isLacking: () => !canMount(),
  },
  {
    file: /e2e\/fsync-fails\.test/,
    lacks: 'strace that may trace',
    isLacking: () => spawnSync('strace', ['-f', '-qq', '-o', '/dev/null', 'true']).status !== 0,
  },
  // Either half of these runs; the other is the other machine's.
  {
    file: /e2e\/emulated-cuda\.test/,
    test: /compile/,
    lacks: 'a compiler, or its absence',
    isLacking: () => true,
  },
  {
    file: /allocator\/store\/ledger\.test/,
    test: /is made$/,
    lacks: 'ZEROGPU_GOLDEN',
    isLacking: () => true,
  },
  {
    file: /allocator\/store\/ledger\.test/,
    lacks: 'a user who is not root',
    isLacking: () => isRoot,
  },
  { file: /check\/cli\.test/, lacks: 'a user who is not root', isLacking: () => isRoot },
  {
    file: /(gateway\/failures|faults\/folders|server\/control-api)\.test/,
    lacks: 'root',
    isLacking: () => !isRoot,
  },
  {
    file: /e2e\/real-gpu\.test/,
    lacks: 'ZEROGPU_TEST_GPU',
    isLacking: () => !process.env['ZEROGPU_TEST_GPU'],
  },
  { file: /dev\/release\.test/, lacks: 'git', isLacking: () => !findOnPath('git', process.env) },
  {
    file: /cli\/completion\.test/,
    lacks: 'bash, zsh or fish',
    isLacking: () => ['bash', 'zsh', 'fish'].some((name) => !findOnPath(name, process.env)),
  },
  {
    file: /lsp\/neovim\.test/,
    lacks: 'Neovim',
    isLacking: () => !findOnPath('nvim', process.env),
  },
  {
    file: /hooks\/pre-commit\.test/,
    lacks: 'pre-commit',
    isLacking: () => !findOnPath('pre-commit', process.env),
  },
  {
    file: /cluster\/store\/connection\.test/,
    test: /with TLS/,
    lacks: 'redis-server or openssl',
    isLacking: () => STORE_PROGRAMS.redis === null || !findOnPath('openssl', process.env),
  },
  {
    file: /(\/cluster\/.*|e2e\/cluster)\.test/,
    lacks: 'redis-server or valkey-server',
    isLacking: () => INSTALLED_STORES.length === 0,
  },
  {
    file: /test\/deploy\.test/,
    lacks: 'systemd-analyze',
    isLacking: () => !findOnPath('systemd-analyze', process.env),
  },
  { file: /cli\/process\.test/, lacks: '/dev/full', isLacking: () => !existsSync('/dev/full') },
  { file: /shared\/make-folder\.test/, lacks: '/proc', isLacking: () => !existsSync('/proc/self') },
];

/**
 * @param file path of the test file
 * @param test full name of the test
 * @returns what this machine lacks for it; null when nothing excuses the skip
 */
export function excuseOf(file: string, test: string): string | null {
  const excuse = EXPECTED.find(
    (skip) => skip.file.test(file) && (!skip.test || skip.test.test(test)) && skip.isLacking(),
  );
  return excuse?.lacks ?? null;
}
