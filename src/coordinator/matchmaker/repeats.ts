// The cache of repeats: an exact unit that was certified before, for whatever job, has that result for ever. It is not leased again, earns
// nobody anything and costs its requester nothing; the earlier certificate stands for it. A result that was swept is computed again.
import { contentId } from '#core/content.ts'
import type { Digest } from '#core/digest.ts'
import type { Certificate } from '#verify/certificate.ts'
import { priceAtto } from '#ledger/price.ts'
import type { Kind } from '#work/kind.ts'
import { kindOf } from '#work/kinds.ts'
import { isComplete } from '#coordinator/blobs/blob-directory.ts'
import type { Grid } from '#coordinator/grid.ts'
import { refund } from '#coordinator/store/accounts.ts'
import { readCertificate } from '#coordinator/store/certificates.ts'
import { insertContent } from '#coordinator/store/contents.ts'
import { type JobRecord, readJob, spendEscrow } from '#coordinator/store/jobs.ts'
import { type UnitRecord, doneTwins, finishRepeatedUnit, pendingTwins, readUnit } from '#coordinator/store/units.ts'
import { type Completion, complete, completionOf } from './settle.ts'
import type { Interval } from './stages.ts'

/** Earlier results that are looked at: they differ in how many replicas they had, and in whether they are kept. */
const MAX_TWINS = 16

/** Units that are looked at in one query. */
const BATCH = 64

/** An earlier result that may stand for a unit. */
type Repeat = { readonly certificate: Digest; readonly leaves: readonly Digest[] }

/** What serving repeats needs of the matchmaker. */
export type RepeatsParts = {
  readonly grid: Grid
  /** Runs a task when the job's earlier tasks are done. */
  readonly inTurn: <T>(job: Digest, task: () => Promise<T>) => Promise<T>
  /** When the job's computed units were in which stage. */
  readonly intervalsOf: (job: Digest) => readonly Interval[]
  /** Told of a job whose last unit was a repeat. */
  readonly onDone: (job: Digest, completion: Completion) => Promise<void>
}

/** Serves repeats. */
export class Repeats {
  readonly #parts: RepeatsParts

  constructor(parts: RepeatsParts) {
    this.#parts = parts
  }

  /** Serves the unit by an earlier result. False when there is none, or the unit is not pending any more. */
  async serve(job: JobRecord, record: UnitRecord): Promise<boolean> {
    const { grid, inTurn, intervalsOf, onDone } = this.#parts
    const kind = kindOf(record.unit.kind, record.unit.version)
    const repeat = await findRepeat(grid, job, record, kind)
    if (repeat === null) return false
    const served = await inTurn(job.id, () =>
      serveRepeat(grid, { job, record, kind, repeat, intervals: intervalsOf(job.id) }),
    )
    if (served === null) return false
    grid.events.emit(job.id, { event: 'unit', data: { ...served.units, unit: record.id, nodes: [] } })
    if (served.result !== null) await onDone(job.id, served)
    return true
  }

  /** Serves repeats that no node was there to be asked for. */
  async servePending(): Promise<void> {
    const { db } = this.#parts.grid.store
    for (const record of await pendingTwins(db, BATCH)) {
      const job = await readJob(db, record.job)
      if (job?.state === 'running') await this.serve(job, record)
    }
  }
}

/** The earlier result of the same exact unit: with as many replicas as the job asks for or more, and with all its bytes here. */
async function findRepeat(
  { store, blobs, clock, config }: Grid,
  { job }: JobRecord,
  { id, unit }: UnitRecord,
  kind: Kind,
): Promise<Repeat | null> {
  if (!config.servesRepeats || kind.comparison(unit) !== 'exact') return null
  for (const { certificate, leaves } of await doneTwins(store.db, id, MAX_TWINS)) {
    if (certificate === null || leaves === null) continue
    const text = await readCertificate(store.db, certificate)
    if (text === null || (JSON.parse(text) as Certificate).body.replicas.length < job.body.replication) continue
    const content = contentId(kind.resultLayout(unit), leaves)
    // Counted as used before it is looked at, so that no sweep takes it in between.
    await insertContent(store.db, content, 0, clock.nowMs())
    const held = await blobs.find(content)
    if (held !== null && isComplete(held)) return { certificate, leaves }
  }
  return null
}

/** A pending unit and what stands for it; `intervals` are those of the job's other units. */
type Served = {
  readonly job: JobRecord
  readonly record: UnitRecord
  readonly kind: Kind
  readonly repeat: Repeat
  readonly intervals: readonly Interval[]
}

/** Serves a pending unit by `repeat` and refunds its price. Null when it is not pending any more. Jobs are served one unit after the other. */
async function serveRepeat(grid: Grid, { job, record, kind, repeat, intervals }: Served): Promise<Completion | null> {
  const { leaves } = repeat
  // It was found twice, by a node that was free and by the sweep: the second time it is done, or leased.
  if ((await readUnit(grid.store.db, job.id, record.number))?.state !== 'pending') return null
  const completion = await completionOf(grid, job, kind, { number: record.number, leaves })
  const price = priceAtto(record.operations, job.job.body.replication)
  const isServed = await grid.log.transaction(async (tx, append) => {
    const now = await readJob(tx, job.id)
    if (now?.state !== 'running' || !(await finishRepeatedUnit(tx, record, repeat))) return false
    await spendEscrow(tx, job.id, price)
    await refund(tx, job.account, price)
    await append({ type: 'refund', admissionLeaf: job.admissionLeaf, amount: price.toString() })
    await complete(grid, tx, job, completion, intervals)
    return true
  })
  return isServed ? completion : null
}
