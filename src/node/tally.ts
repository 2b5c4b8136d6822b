// How many units a node has done since its key was made: its beats say so, and must never say less than before.

/** Remembers a count between runs. */
export interface Tally {
  load(): Promise<number>
  /** Keeps the new count; failures are the tally's own business. */
  save(unitsDone: number): Promise<void>
}

/** A tally that forgets. */
export function memoryTally(): Tally {
  let count = 0
  return {
    load: async () => count,
    save: async (unitsDone) => {
      count = unitsDone
    },
  }
}

/** What was kept, if it is a count; 0 otherwise. */
export function countOf(kept: unknown): number {
  return typeof kept === 'number' && Number.isSafeInteger(kept) && kept >= 0 ? kept : 0
}
