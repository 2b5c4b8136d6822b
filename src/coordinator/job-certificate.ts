// The certificate of a done job: put together from what the store and the log hold, once, and kept in the bytes that are handed out.
import { fromUtf8, utf8 } from '#core/bytes.ts'
import { type Digest, digestBytes } from '#core/digest.ts'
import { AppError } from '#core/errors.ts'
import { type AdmissionEntry, type ReceiptEntry, type RosterLogEntry } from '#ledger/entry.ts'
import {
  JOB_CERTIFICATE_FORMAT,
  type JobCertificate,
  type LoggedRoster,
  type LoggedEntry,
  type RepeatedUnit,
  encodeJobCertificate,
} from '#ledger/job-certificate.ts'
import { rosterPlaces } from '#ledger/verify-job-certificate.ts'
import { type Certificate, certificateId } from '#verify/certificate.ts'
import type { Grid } from './grid.ts'
import { loggedEntry } from './log/logged-entry.ts'
import { certificatesOf, receiptIndexes } from './store/certificates.ts'
import { readRoster } from './store/draws.ts'
import { type JobRecord, readJobCertificate, readSalt, setJobCertificate } from './store/jobs.ts'

/** The certificate's canonical text. `job` is done. */
export async function jobCertificateText(grid: Grid, job: JobRecord): Promise<string> {
  const { db } = grid.store
  const kept = await readJobCertificate(db, job.id)
  if (kept !== null) return kept
  const text = fromUtf8(encodeJobCertificate(await makeJobCertificate(grid, job)))
  await setJobCertificate(db, job.id, text)
  return (await readJobCertificate(db, job.id)) ?? text
}

/** SHA-256 of the certificate's text: what names it. */
export async function jobCertificateId(grid: Grid, job: JobRecord): Promise<Digest> {
  return digestBytes(utf8(await jobCertificateText(grid, job)))
}

async function makeJobCertificate(grid: Grid, { id, job, result, admissionLeaf }: JobRecord): Promise<JobCertificate> {
  const { db } = grid.store
  if (result === null) throw new EvidenceMissingError(id, 'the result')
  const units = (await certificatesOf(db, id)).map((text) => JSON.parse(text) as Certificate)
  const indexes = await receiptIndexes(db, id)
  const { note, checkpoint } = await grid.log.signed()
  const { size } = checkpoint
  const admission = await loggedEntry(grid, admissionLeaf, size)
  const receipts: LoggedEntry<ReceiptEntry>[] = []
  const repeated: RepeatedUnit[] = []
  for (const [number, unit] of units.entries()) {
    const index = indexes.get(certificateId(unit))
    if (index === undefined) throw new EvidenceMissingError(id, 'a receipt')
    receipts.push((await loggedEntry(grid, index, size)) as LoggedEntry<ReceiptEntry>)
    if (unit.body.job === id) continue
    const earlier = await loggedEntry(grid, unit.body.admissionLeaf, size)
    repeated.push({ unit: number, admission: earlier as LoggedEntry<AdmissionEntry> })
  }
  const rosters: LoggedRoster[] = []
  for (const root of new Set(units.flatMap(({ body }) => rosterPlaces(body).map(({ rosterRoot }) => rosterRoot)))) {
    const roster = await readRoster(db, root)
    if (roster === null) throw new EvidenceMissingError(id, 'a roster')
    const logged = (await loggedEntry(grid, roster.logIndex, size)) as LoggedEntry<RosterLogEntry>
    rosters.push({ ...logged, nodes: roster.nodes })
  }
  return {
    format: JOB_CERTIFICATE_FORMAT,
    genesis: grid.genesis,
    job,
    units,
    result,
    admission: { ...(admission as LoggedEntry<AdmissionEntry>), salt: await readSalt(db, id) },
    receipts,
    repeated,
    rosters,
    checkpoint: note,
  }
}

/** The store lacks evidence that it must have. */
export class EvidenceMissingError extends AppError {
  override readonly name = 'coordinator.EvidenceMissing'
  constructor(id: string, what: string) {
    super('bug', `The store lacks ${what} of ${id}.`)
  }
}
