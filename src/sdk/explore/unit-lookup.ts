// A unit by its id or its certificate's, as the coordinator has it. Nothing of it is believed: unit-checks.ts holds it against the log.
import * as v from 'valibot'
import type { Digest } from '#core/digest.ts'
import { contentBytes, partCount } from '#core/content.ts'
import { type PublicKey } from '#core/ed25519.ts'
import { digestSchema, publicKeySchema, uintSchema } from '#core/schema.ts'
import { type Certificate, certificateId, certificateSchema } from '#verify/certificate.ts'
import { PROVEN_CAUSES, type ProvenCause } from '#verify/faults.ts'
import { kindOrReason } from '#verify/verify-certificate.ts'
import type { AuditMethod } from '#work/kind.ts'
import { unitId } from '#work/unit.ts'
import type { Http } from '#sdk/http.ts'
import { FIRST_TRIES } from '#sdk/network.ts'

/** A proven fault on the unit. */
export type UnitFault = {
  readonly fault: Digest
  readonly node: PublicKey
  readonly cause: ProvenCause
  readonly logIndex: number
}

/** A dispute: over part `part` the replicas gave `groups`; the reference gives `expected`, a third node `third`. */
export type UnitDispute = {
  readonly dispute: Digest
  readonly part: number
  readonly expected: Digest
  readonly groups: readonly { readonly leaf: Digest; readonly nodes: readonly PublicKey[] }[]
  readonly third: { readonly node: PublicKey; readonly leaf: Digest } | null
}

/** What the unit is, in words and numbers. */
export type UnitFacts = {
  readonly what: string
  readonly kind: string
  readonly version: number
  readonly comparison: 'exact' | 'tolerant'
  readonly operations: string
  /** How its results are audited, when the draw says so. */
  readonly auditMethod: AuditMethod
  readonly parts: number
  readonly resultBytes: number
  readonly inputs: readonly { readonly id: Digest; readonly sizeBytes: number }[]
}

/** A unit. `certificate` is null while there is none; `receipt` is its place in the log; `others` are further certificates of the same unit. */
export type UnitRecord = {
  readonly unit: Digest
  readonly state: 'waiting' | 'computing' | 'done' | 'failed'
  readonly certificate: Certificate | null
  readonly id: Digest | null
  readonly receipt: number | null
  readonly facts: UnitFacts | null
  readonly others: readonly Digest[]
  readonly disputes: readonly UnitDispute[]
  readonly faults: readonly UnitFault[]
}

/** Which unit: by its own id, or by that of one of its certificates. */
export type UnitName = { readonly by: 'unit' | 'certificate'; readonly id: Digest }

/** As in the coordinator's answer. */
const MAX_LISTED = 16

const evidenceSchema = v.object({
  unit: digestSchema,
  state: v.picklist(['waiting', 'computing', 'done', 'failed']),
  certificates: v.pipe(
    v.array(v.object({ certificate: digestSchema, receipt: uintSchema() })),
    v.maxLength(MAX_LISTED),
  ),
  disputes: v.pipe(v.array(digestSchema), v.maxLength(MAX_LISTED)),
  faults: v.pipe(
    v.array(
      v.object({
        fault: digestSchema,
        node: publicKeySchema,
        cause: v.picklist(PROVEN_CAUSES),
        logIndex: uintSchema(),
      }),
    ),
    v.maxLength(MAX_LISTED),
  ),
})

const disputeSchema = v.object({
  part: uintSchema(),
  expected: digestSchema,
  groups: v.pipe(
    v.array(v.object({ leaf: digestSchema, nodes: v.pipe(v.array(publicKeySchema), v.maxLength(MAX_LISTED)) })),
    v.maxLength(MAX_LISTED),
  ),
  third: v.nullable(
    v.object({
      task: v.object({ body: v.object({ node: publicKeySchema }) }),
      statement: v.object({ body: v.object({ leaf: digestSchema }) }),
    }),
  ),
})

/** Looks the unit up. Throws the coordinator's NotFound when it knows none of that id. */
export async function lookUpUnit(http: Http, { by, id }: UnitName): Promise<UnitRecord> {
  const named = by === 'certificate' ? await fetchCertificate(http, id) : undefined
  const unit = named === undefined ? id : unitId(named.body.unit)
  const evidence = await http.json(`/api/v1/units/${unit}`, evidenceSchema, { tries: FIRST_TRIES })
  const chosen = evidence.certificates.find(({ certificate }) => named === undefined || certificate === id)
  const certificate = named ?? (chosen === undefined ? undefined : await fetchCertificate(http, chosen.certificate))
  const disputes: UnitDispute[] = []
  for (const dispute of evidence.disputes) disputes.push(await fetchDispute(http, dispute))
  const own = named === undefined ? (chosen?.certificate ?? null) : id
  return {
    unit,
    state: evidence.state,
    certificate: certificate ?? null,
    id: own,
    receipt: chosen?.receipt ?? null,
    facts: certificate === undefined ? null : factsOf(certificate),
    others: evidence.certificates.map((each) => each.certificate).filter((each) => each !== own),
    disputes,
    faults: evidence.faults,
  }
}

function fetchCertificate(http: Http, id: Digest): Promise<Certificate> {
  return http.json(`/api/v1/certificates/${id}`, certificateSchema, { tries: FIRST_TRIES })
}

async function fetchDispute(http: Http, dispute: Digest): Promise<UnitDispute> {
  const { third, ...record } = await http.json(`/api/v1/disputes/${dispute}`, disputeSchema)
  const said = third === null ? null : { node: third.task.body.node, leaf: third.statement.body.leaf }
  return { dispute, ...record, third: said }
}

/** Null when the certificate names something that no kind can compute: its checks say so. */
function factsOf({ body }: Certificate): UnitFacts | null {
  const kind = kindOrReason(body.unit)
  if (typeof kind === 'string') return null
  const layout = kind.resultLayout(body.unit)
  return {
    what: kind.describe(body.unit),
    kind: kind.name,
    version: kind.version,
    comparison: kind.comparison(body.unit),
    operations: kind.operations(body.unit).toString(),
    auditMethod: kind.auditPlan(body.unit).method,
    parts: partCount(layout),
    resultBytes: contentBytes(layout),
    inputs: body.unit.inputs.map(({ id, layout: input }) => ({ id, sizeBytes: contentBytes(input) })),
  }
}

/** Whether a certificate is the one that was asked for. */
export function isNamed(certificate: Certificate, { by, id }: UnitName): boolean {
  return by === 'unit' ? unitId(certificate.body.unit) === id : certificateId(certificate) === id
}
