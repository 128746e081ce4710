import { spawn } from 'node:child_process';

/** What nvidia-smi said, or why it said nothing. */
export type SmiAnswer =
  | { readonly ok: true; readonly text: string }
  | {
      readonly ok: false;
      readonly kind: 'missing' | 'timeout' | 'failed';
      /** One line for people. */
      readonly text: string;
    };

export type AskSmi = (args: readonly string[], timeoutMs: number) => Promise<SmiAnswer>;

/** Longest answer that is read, in bytes; the XML of eight partitioned cards is a tenth of it. */
const LONGEST_ANSWER = 8 * 2 ** 20;

/**
 * Asks the `nvidia-smi` on PATH. Answers at the latest after `timeoutMs`: a driver that hangs keeps
 * its clients in the kernel, where no signal ends them, so their end is not awaited.
 */
export function smiOnPath(env: Readonly<Record<string, string | undefined>>): AskSmi {
  return (args, timeoutMs) =>
    new Promise((resolve) => {
      const child = spawn('nvidia-smi', [...args], {
        env: { ...env },
        stdio: ['ignore', 'pipe', 'pipe'],
      });
      let stdout = '';
      let stderr = '';
      const finish = (answer: SmiAnswer) => {
        clearTimeout(timer);
        resolve(answer);
      };
      const timer = setTimeout(() => {
        child.kill('SIGKILL');
        child.stdout.destroy();
        child.stderr.destroy();
        child.unref();
        const text = `nvidia-smi did not answer within ${timeoutMs / 1000} s`;
        finish({ ok: false, kind: 'timeout', text });
      }, timeoutMs);
      child.stdout.setEncoding('utf8').on('data', (part: string) => {
        if (stdout.length < LONGEST_ANSWER) stdout += part;
      });
      child.stderr.setEncoding('utf8').on('data', (part: string) => {
        if (stderr.length < LONGEST_ANSWER) stderr += part;
      });
      child.on('error', (error: NodeJS.ErrnoException) => {
        const missing = error.code === 'ENOENT';
        finish({
          ok: false,
          kind: missing ? 'missing' : 'failed',
          text: missing ? 'there is no nvidia-smi on PATH' : `nvidia-smi: ${error.message}`,
        });
      });
      child.on('close', (code) => {
        if (code === 0) return finish({ ok: true, text: stdout });
        const said = `${stderr}\n${stdout}`.split('\n').find((line) => line.trim() !== '');
        const text = `nvidia-smi: ${said?.trim() ?? `ended with code ${code}`}`;
        finish({ ok: false, kind: 'failed', text });
      });
    });
}
