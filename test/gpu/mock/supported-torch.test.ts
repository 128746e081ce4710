import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { assertTorchSupported } from '../../../src/gpu/mock/supported-torch.js';

describe('which PyTorch can be emulated', () => {
  it.each([null, '2.1.0', '2.4.1', '2.8.0+cu128', '2.13.0+cpu', '3.0.0a0'])('%s can', (version) => {
    expect(() => assertTorchSupported(version)).not.toThrow();
  });

  it.each(['2.0.1', '1.13.1+cu117'])('%s cannot, and the error names what can', (version) => {
    expect(() => assertTorchSupported(version)).toThrow(
      expect.objectContaining({
        code: 'E_PYTHON_ENV',
        message: expect.stringContaining(version),
        fix: [expect.stringContaining('torch>=2.1'), expect.stringContaining('--torch nearest')],
      }),
    );
  });

  it('is the same release on both sides', () => {
    const support = resolve(import.meta.dirname, '../../../src/gpu/mock/emulated_cuda/support.py');
    expect(readFileSync(support, 'utf8')).toContain('OLDEST_TORCH = (2, 1)');
  });
});
