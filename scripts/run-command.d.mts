/** The repository's root. */
export const ROOT: string
/** How a command ended. */
export type CommandEnd = { code: number | null; output: string; reason: string }
/** Runs a command in the repository. */
export function runCommand(
  command: string[],
  options?: { capture?: boolean; timeoutMs?: number; env?: Record<string, string> },
): Promise<CommandEnd>
/** Whether a Node of `version` runs the sources unbuilt. */
export function isNodeNewEnough(version?: string): boolean
