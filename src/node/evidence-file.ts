// A node's evidence in a file, for Node processes.
import { readFile } from 'node:fs/promises'
import type { EvidencePlace } from './evidence-store.ts'
import { replaceFile } from './tally-file.ts'

/** Evidence kept in the file at `path`, which is made with the first case. */
export function fileEvidence(path: string): EvidencePlace {
  return {
    load: () => readFile(path, 'utf8').catch(() => undefined),
    save: (text) => replaceFile(path, text),
  }
}
