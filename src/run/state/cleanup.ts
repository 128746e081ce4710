/** Things to undo, last one first, whatever way a run ends. */
export interface Cleanup {
  add(name: string, undo: () => Promise<void> | void): void;
  /** Undoes everything once; failures of one step never keep the others from running. */
  run(): Promise<readonly { readonly name: string; readonly error: unknown }[]>;
}

/** Undoes what is left, and says what could not be. */
export async function runCleanup(cleanup: Cleanup, warn: (message: string) => void): Promise<void> {
  for (const { name, error } of await cleanup.run()) {
    warn(`could not clean up ${name}: ${error instanceof Error ? error.message : error}`);
  }
}

export function createCleanup(): Cleanup {
  const steps: { name: string; undo: () => Promise<void> | void }[] = [];
  return {
    add: (name, undo) => void steps.push({ name, undo }),
    async run() {
      const failures: { name: string; error: unknown }[] = [];
      for (let step = steps.pop(); step; step = steps.pop()) {
        try {
          await step.undo();
        } catch (error) {
          failures.push({ name: step.name, error });
        }
      }
      return failures;
    },
  };
}
