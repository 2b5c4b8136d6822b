// Where a node reads what it checks draws with: certificates, rosters, beacons and the log's entries, from its coordinator over plain HTTP. Each
// answer is bounded and read as what it should be; whether it is true is checked by who asked.
import * as v from 'valibot'
import type { Digest } from '#core/digest.ts'
import { AppError } from '#core/errors.ts'
import { parseAs, proofSchema, uintSchema } from '#core/schema.ts'
import { type Beacon, beaconSchema } from '#ledger/beacon.ts'
import { type LogEntry, logEntrySchema } from '#ledger/entry.ts'
import type { LoggedEntry } from '#ledger/job-certificate.ts'
import { type Certificate, certificateSchema } from '#verify/certificate.ts'
import { type Roster, rosterSchema } from '#verify/roster.ts'
import { ANSWER_TIMEOUT_MS } from './network-info.ts'

/** What draws are checked with. Calls throw a {@link DrawUnansweredError}, which may pass, or a SchemaError. */
export interface DrawSource {
  certificate(id: Digest): Promise<Certificate>
  roster(root: Digest): Promise<Roster>
  /** Null while the epoch's secret is not revealed. */
  beacon(epoch: number): Promise<Beacon | null>
  /** Entry `index` of the log and its path in the tree of `size` leaves. */
  logEntry(index: number, size: number): Promise<LoggedEntry<LogEntry>>
}

/** Longest answer: a roster of 8,000 nodes. Larger ones are not checked by nodes. */
export const MAX_DRAW_ANSWER_CHARS = 8 * 2 ** 20

const NOT_FOUND = 404
const rosterAnswerSchema = v.object({ nodes: rosterSchema })
const entriesSchema = v.object({
  entries: v.pipe(v.array(v.object({ index: uintSchema(), entry: logEntrySchema })), v.length(1)),
})
const pathSchema = v.object({ path: proofSchema })

/** The coordinator at `url`. */
export function httpDrawSource(url: string, fetcher: typeof fetch): DrawSource {
  const ask = (path: string): Promise<unknown> => readAnswer(url, path, fetcher)
  const had = async (path: string): Promise<unknown> => {
    const answer = await ask(path)
    if (answer === undefined) throw new DrawUnansweredError(path, 'it is not there')
    return answer
  }
  return {
    certificate: async (id) => parseAs(certificateSchema, await had(`certificates/${id}`), 'certificate'),
    roster: async (root) => parseAs(rosterAnswerSchema, await had(`rosters/${root}`), 'roster').nodes,
    async beacon(epoch) {
      const answer = await ask(`beacons/${epoch}`)
      return answer === undefined ? null : parseAs(beaconSchema, answer, 'beacon')
    },
    async logEntry(index, size) {
      const entries = await had(`log/entries?from=${index}&limit=1`)
      const [found] = parseAs(entriesSchema, entries, 'log entry').entries
      if (found === undefined) throw new DrawUnansweredError(`log/entries?from=${index}`, 'it is empty')
      const proof = await had(`log/proof/${index}?size=${size}`)
      return { ...found, path: parseAs(pathSchema, proof, 'proof').path }
    },
  }
}

/** The answer to one question; undefined when there is no such thing. */
async function readAnswer(url: string, path: string, fetcher: typeof fetch): Promise<unknown> {
  try {
    const signal = AbortSignal.timeout(ANSWER_TIMEOUT_MS)
    const response = await fetcher(new URL(`/api/v1/${path}`, url), { signal })
    if (response.status === NOT_FOUND) {
      await response.body?.cancel()
      return undefined
    }
    if (!response.ok) throw new DrawUnansweredError(path, `it was answered with status ${response.status}`)
    const text = await response.text()
    if (text.length > MAX_DRAW_ANSWER_CHARS) throw new DrawUnansweredError(path, `it has ${text.length} characters`)
    return JSON.parse(text)
  } catch (cause) {
    if (cause instanceof AppError) throw cause
    throw new DrawUnansweredError(path, 'it cannot be read', { cause })
  }
}

/** The coordinator did not give what a draw is checked with. */
export class DrawUnansweredError extends AppError {
  override readonly name = 'node.DrawUnanswered'
  constructor(path: string, why: string, options?: ErrorOptions) {
    super('unavailable', `A draw cannot be checked now: /api/v1/${path}: ${why}.`, options)
  }
}
