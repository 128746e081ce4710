/** Things to undo, last one first, whatever way a run ends. */
export interface Cleanup {
  add(name: string, undo: () => Promise<void> | void): void;
  /** Undoes everything once; failures of one step never keep the others from running. */
  run(): Promise<readonly { readonly name: string; readonly error: unknown }[]>;
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
