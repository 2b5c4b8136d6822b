// Admission: a signed job becomes a running one. Everything is checked first, then the escrow, the log entry, the job and its units
// come to be in one transaction. The same job again gives the same answer.
import { toHex } from '#core/bytes.ts'
import { type ContentRef, partCount } from '#core/content.ts'
import { DIGEST_BYTES, type Digest, digestOf } from '#core/digest.ts'
import type { PublicKey } from '#core/ed25519.ts'
import { AppError } from '#core/errors.ts'
import { verifyMessage } from '#core/signed.ts'
import { admissionEntry } from '#ledger/entry.ts'
import { formatCredits, priceAtto } from '#ledger/price.ts'
import { JOB_TYPE, type Job, type JobBody, MAX_UNITS, jobId } from '#work/job.ts'
import { kindOf } from '#work/kinds.ts'
import { unitId } from '#work/unit.ts'
import { BadSignatureError } from './accounts.ts'
import { type BlobContent, missingParts } from './blobs/blob-directory.ts'
import type { Grid } from './grid.ts'
import { escrow, readAccount } from './store/accounts.ts'
import { touchContents } from './store/contents.ts'
import { type JobRecord, countRunning, insertJob, readJob } from './store/jobs.ts'
import { type NewUnit, countUnits, insertUnits } from './store/units.ts'

/** What a job would cost. */
export type Quote = { readonly units: readonly NewUnit[]; readonly operations: bigint; readonly price: bigint }

/** An admitted job. */
export type Admitted = {
  readonly id: Digest
  readonly units: number
  readonly price: bigint
  readonly admissionLeaf: number
  readonly isNew: boolean
}

/** What `body` would cost. Throws the kind's own error when the job does not fit it. */
export function quote(body: JobBody): Quote {
  const kind = kindOf(body.kind, body.version)
  kind.assertJob(body)
  const units = kind.split(body).map((unit) => ({ id: unitId(unit), unit, operations: kind.operations(unit) }))
  if (units.length > MAX_UNITS) throw new TooManyUnitsError(units.length)
  const operations = units.reduce((sum, unit) => sum + unit.operations, 0n)
  // Rounding is per unit: the sum of the units' prices, not the price of the sum.
  const price = units.reduce((sum, unit) => sum + priceAtto(unit.operations, body.replication), 0n)
  return { units, operations, price }
}

/** Admits `job`. Throws an `input` error that says what is missing, too dear or wrong. */
export async function admit(grid: Grid, job: Job): Promise<Admitted> {
  if (!verifyMessage(job, JOB_TYPE, grid.network)) throw new BadSignatureError(JOB_TYPE)
  const id = jobId(job)
  const known = await readJob(grid.store.db, id)
  if (known !== null) return admittedBefore(grid, known)
  const { units, price } = quote(job.body)
  if (price > BigInt(job.body.maxPrice)) throw new OverBudgetError(price, BigInt(job.body.maxPrice))
  for (const [index, input] of job.body.inputs.entries()) await assertInput(grid, index, input)
  await assertBytes(grid, job.body)
  const admissionLeaf = await enter(grid, { id, job, units, price })
  return { id, units: units.length, price, admissionLeaf, isNew: true }
}

type Entry = { id: Digest; job: Job; units: readonly NewUnit[]; price: bigint }

function enter(grid: Grid, { id, job, units, price }: Entry): Promise<number> {
  const account = job.signer
  const salt = toHex(grid.random.bytes(DIGEST_BYTES)) as Digest
  return grid.log.transaction(async (tx, append) => {
    const twin = await readJob(tx, id)
    if (twin !== null) return twin.admissionLeaf
    const { maxRunningJobs } = grid.config
    if ((await countRunning(tx, account)) >= maxRunningJobs) throw new TooManyJobsError(account, maxRunningJobs)
    if (!(await escrow(tx, account, price))) {
      const { balance } = await readAccount(tx, account)
      throw new CannotPayError(account, balance, price)
    }
    const inputs = new Set(job.body.inputs.map((input) => input.id))
    const submittedMs = grid.clock.nowMs()
    // One that was removed since it was checked is not there to be touched.
    if ((await touchContents(tx, [...inputs], submittedMs)) < inputs.size) throw new InputGoneError()
    const admissionLeaf = await append(admissionEntry(job, salt, price))
    const deadlineMs = submittedMs + job.body.deadlineMs
    await insertJob(tx, { id, account, job, admissionLeaf, salt, price, submittedMs, deadlineMs })
    await insertUnits(tx, id, units)
    return admissionLeaf
  })
}

async function admittedBefore({ store }: Grid, { id, price, admissionLeaf }: JobRecord): Promise<Admitted> {
  const { total } = await countUnits(store.db, id)
  return { id, units: total, price, admissionLeaf, isNew: false }
}

/** What only the inputs' bytes tell, where a kind looks at them. */
async function assertBytes({ blobs }: Grid, { kind, version, params, inputs }: JobBody): Promise<void> {
  const open = (input: number) => {
    const content = inputs[input]
    if (content === undefined) throw new RangeError(`The job has no input ${input}.`)
    return blobs.source(content)
  }
  await kindOf(kind, version).assertInputs?.({ params, inputs }, open)
}

async function assertInput({ blobs }: Grid, index: number, input: ContentRef): Promise<void> {
  const content = await blobs.find(input.id)
  const total = partCount(input.layout)
  if (content === null) throw new IncompleteInputError(index, input.id, total, total)
  // The id binds the layout, so a job that gives another one does not speak of this content.
  if (digestOf('layout', content.layout) !== digestOf('layout', input.layout))
    throw new WrongLayoutError(index, content)
  const missing = missingParts(content).length
  if (missing > 0) throw new IncompleteInputError(index, input.id, missing, total)
}

/** The job costs more than its requester allows. */
export class OverBudgetError extends AppError {
  override readonly name = 'coordinator.OverBudget'
  constructor(price: bigint, maxPrice: bigint) {
    super(
      'input',
      `The job costs ${formatCredits(price, 18)} credits and allows at most ${formatCredits(maxPrice, 18)}: raise maxPrice or make it smaller.`,
    )
  }
}

/** The account has too little for the escrow. */
export class CannotPayError extends AppError {
  override readonly name = 'coordinator.CannotPay'
  constructor(account: PublicKey, balance: bigint, price: bigint) {
    super(
      'input',
      `The account ${account} has ${formatCredits(balance)} credits and the job costs ${formatCredits(price)}.`,
    )
  }
}

/** An input has not been uploaded completely. */
export class IncompleteInputError extends AppError {
  override readonly name = 'coordinator.IncompleteInput'
  constructor(index: number, id: Digest, missing: number, total: number) {
    super(
      'input',
      `Input ${index} (${id}) lacks ${missing} of its ${total} parts: upload them, then send the job again.`,
    )
  }
}

/** The job gives an input another layout than it has. */
export class WrongLayoutError extends AppError {
  override readonly name = 'coordinator.WrongLayout'
  constructor(index: number, content: BlobContent) {
    super(
      'input',
      `Input ${index} is not ${content.id}: that content has the layout ${JSON.stringify(content.layout)}.`,
    )
  }
}

/** The account has as many jobs running as it may. */
export class TooManyJobsError extends AppError {
  override readonly name = 'coordinator.TooManyJobs'
  constructor(account: PublicKey, limit: number) {
    super('unavailable', `The account ${account} has ${limit} jobs running: wait until one is done.`)
  }
}

/** The job has more units than one certificate can hold. */
export class TooManyUnitsError extends AppError {
  override readonly name = 'coordinator.TooManyUnits'
  constructor(units: number) {
    super('capacity', `The job has ${units} units, more than ${MAX_UNITS}: split it into several jobs.`)
  }
}

/** An input was removed while the job was admitted. */
export class InputGoneError extends AppError {
  override readonly name = 'coordinator.InputGone'
  constructor() {
    super('unavailable', 'An input has just been removed because nobody had used it for long: upload it again.')
  }
}
