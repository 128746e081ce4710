/**
 * Opens a Space in Neovim (headless) with the server of this checkout and prints what its
 * diagnostics say. By hand: `node test/editors/neovim.js [SPACE [FILE]]`; the exit code is 1 when there are none.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

const space = resolve(process.argv[2] ?? 'test/fixtures/readme/demo');
const file = process.argv[3] ?? 'requirements.txt';
const bin = resolve(import.meta.dirname, '../../bin/zerogpu.js');
const folder = mkdtempSync(join(tmpdir(), 'zerogpu-neovim-'));
const script = join(folder, 'ask.lua');
writeFileSync(
  script,
  `vim.cmd('edit ' .. vim.fn.fnameescape(${JSON.stringify(join(space, file))}))
local id = vim.lsp.start_client({
  name = 'zerogpu',
  cmd = { ${JSON.stringify(process.execPath)}, ${JSON.stringify(bin)}, 'lsp' },
  root_dir = ${JSON.stringify(space)},
})
vim.lsp.buf_attach_client(0, id)
vim.wait(20000, function() return #vim.diagnostic.get(0) > 0 end, 20)
for _, one in ipairs(vim.diagnostic.get(0)) do
  io.stdout:write((one.lnum + 1) .. ':' .. (one.col + 1) .. ' ' .. (one.code or '') .. ' ' .. one.message .. '\\n')
end
local count = #vim.diagnostic.get(0)
vim.cmd(count > 0 and 'qall!' or 'cquit')
`,
);
const asked = spawnSync('nvim', ['--headless', '-u', 'NONE', '-S', script], { encoding: 'utf8' });
rmSync(folder, { recursive: true, force: true });
process.stdout.write(asked.error ? `${asked.error.message}\n` : asked.stdout + asked.stderr);
process.exitCode = asked.status ?? 1;
