import { render } from 'ink';
import type { ReactNode } from 'react';
import type { Style } from './style.js';
import { enterAlternateScreen } from './terminal.js';

/** Where a live view is drawn, and how. */
export interface Drawing {
  readonly style: Style;
  readonly stdin: NodeJS.ReadStream;
  readonly stdout: NodeJS.WriteStream;
  /** Ends the view as `q` does. */
  readonly interrupted: AbortSignal;
}

/**
 * Shows an app until it quits. Whatever ends it, the terminal is as it was before.
 *
 * @param open the app, and what ends what stands behind it
 */
export async function showOnScreen(
  { style, stdin, stdout, interrupted }: Drawing,
  open: (quit: () => void) => { readonly app: ReactNode; close(): void },
): Promise<void> {
  // A screen reader reads lines as they come; on another screen they would be gone afterwards.
  const screen = style.screenReader ? null : enterAlternateScreen(stdout);
  try {
    const { app, close } = open(() => view.unmount());
    const view = render(app, {
      ...{ stdin, stdout, exitOnCtrlC: false, patchConsole: false },
      isScreenReaderEnabled: style.screenReader,
    });
    const leave = () => view.unmount();
    try {
      interrupted.addEventListener('abort', leave);
      if (interrupted.aborted) leave();
      await view.waitUntilExit();
    } finally {
      interrupted.removeEventListener('abort', leave);
      close();
    }
  } finally {
    screen?.leave();
  }
}
