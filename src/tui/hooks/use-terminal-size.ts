import { useStdout } from 'ink';
import { useEffect, useState } from 'react';
import type { Size } from '../view-model.js';

const CLEAR = '\u001b[2J\u001b[H';
const DEFAULT: Size = { columns: 80, rows: 24 };

/**
 * Size of the terminal, now. One row is left free: Ink clears the whole terminal at every frame that
 * fills it.
 */
export function useTerminalSize(): Size {
  const { stdout } = useStdout();
  const [size, setSize] = useState(() => sizeOf(stdout));
  useEffect(() => {
    const resized = () => {
      const next = sizeOf(stdout);
      setSize((now) => {
        if (now.columns === next.columns && now.rows === next.rows) return now;
        return next;
      });
      // Lines of the old width have been broken by the terminal; everything is drawn again.
      stdout.write(CLEAR);
    };
    stdout.on('resize', resized);
    return () => void stdout.off('resize', resized);
  }, [stdout]);
  return size;
}

function sizeOf(stdout: { readonly columns?: number; readonly rows?: number }): Size {
  return {
    columns: stdout.columns || DEFAULT.columns,
    rows: (stdout.rows || DEFAULT.rows) - 1,
  };
}
