// Checks a job's certificate, and what is at hand besides it: a result, the inputs, everything computed again. Nothing here believes a
// coordinator; where one hands out bytes they are checked against their digests.
import { type ContentRef, partCount } from '#core/content.ts'
import type { Digest } from '#core/digest.ts'
import { AppError } from '#core/errors.ts'
import { type JobCertificate, decodeJobCertificate } from '#ledger/job-certificate.ts'
import { type Beacon, verifyBeacon } from '#ledger/beacon.ts'
import { encodeFalseDraw, falseDraw, findDrawLie } from '#ledger/false-draw.ts'
import { networkId } from '#ledger/genesis.ts'
import { pendingDraws, recomputeJob, verifyJobCertificate, verifyResult } from '#ledger/verify-job-certificate.ts'
import type { RecomputeOptions } from '#verify/recompute.ts'
import { rosterRoot } from '#verify/roster.ts'
import type { CheckName, Passed, Verdict } from '#verify/verdict.ts'
import { fetchBeacons } from './beacons.ts'
import type { Http } from './http.ts'
import { contentsAtHand, partSource } from './part-source.ts'
import { type ContentSource, addressOf } from './parts.ts'

/** What to check besides the certificate itself. */
export type VerifyOptions = {
  /** The network it must be of, where that is known from elsewhere: anyone can make a network of their own. */
  readonly network?: Digest | undefined
  /** The result as it was received. */
  readonly result?: ContentSource | undefined
  /** The inputs, in the job's order. */
  readonly inputs?: readonly ContentSource[] | undefined
  /** Contents besides, in any order and named by nothing: models, and whatever else a recomputation may need. */
  readonly contents?: readonly ContentSource[] | undefined
  /** Computes everything again, from `inputs`, or else from what the coordinator hands out. */
  readonly recompute?: boolean | undefined
  /** Where language models are computed again: on the portable reference, and slowly, when omitted. */
  readonly models?: RecomputeOptions['models'] | undefined
  /** How long to wait for secrets of draw epochs that are not over, with `http`; not at all when omitted. */
  readonly drawWaitMs?: number | undefined
  /** Where bytes that are not at hand come from. */
  readonly http?: Http | undefined
  readonly signal?: AbortSignal | undefined
  /** Parts of the result that were computed again. */
  readonly onProgress?: ((done: number, total: number) => void) | undefined
}

/**
 * The verdict, and the certificate where its form is right. `pendingDraws` are draw epochs whose secrets are not revealed yet, or not known here: those
 * draws were not checked. `evidence` is a document that convicts the coordinator of a draw that is not by the rules, where that is what fails.
 */
export type Verification = {
  readonly verdict: Verdict
  readonly certificate: JobCertificate | undefined
  readonly pendingDraws: readonly number[]
  readonly evidence: Uint8Array<ArrayBuffer> | undefined
}

/** Verifies the certificate in `bytes`. A check that fails is a verdict; only bytes that cannot be had are an error. */
export async function verifyCertificate(
  bytes: Uint8Array<ArrayBuffer>,
  options: VerifyOptions = {},
): Promise<Verification> {
  let certificate: JobCertificate
  try {
    certificate = decodeJobCertificate(bytes)
  } catch (error) {
    if (!(error instanceof AppError)) throw error
    return { verdict: failed('form', error.message), certificate: undefined, pendingDraws: [], evidence: undefined }
  }
  const { http, signal, drawWaitMs: waitMs } = options
  const beacons = http === undefined ? [] : await fetchBeacons(http, pendingDraws(certificate), { waitMs, signal })
  const about = { certificate, pendingDraws: pendingDraws(certificate, beacons) }
  const passed: Passed[] = [{ check: 'form', count: 1 }]
  for await (const verdict of steps(certificate, options, beacons)) {
    if (!verdict.ok) {
      const evidence = verdict.check === 'draw' ? drawEvidence(certificate, beacons) : undefined
      return { verdict: { ...verdict, checks: [...passed, ...verdict.checks] }, ...about, evidence }
    }
    passed.push(...verdict.checks)
  }
  return { verdict: { ok: true, checks: joined(passed) }, ...about, evidence: undefined }
}

/** The proof that one of the units was not drawn by the rules; undefined when what failed is not provable. */
function drawEvidence(
  { genesis, units, rosters }: JobCertificate,
  beacons: readonly Beacon[],
): Uint8Array<ArrayBuffer> | undefined {
  const authority = { network: networkId(genesis), coordinator: genesis.coordinator }
  const byRoot = new Map(rosters.map(({ nodes }) => [rosterRoot(nodes), nodes]))
  const revealed = beacons.filter((beacon) => verifyBeacon(beacon, authority).ok)
  for (const unit of units) {
    if (!unit.body.draws.every((draw) => byRoot.has(draw.rosterRoot))) continue
    const lie = findDrawLie(unit, authority, byRoot, revealed)
    if (lie !== undefined) return encodeFalseDraw(falseDraw(unit, lie))
  }
  return undefined
}

async function* steps(
  certificate: JobCertificate,
  options: VerifyOptions,
  beacons: readonly Beacon[],
): AsyncGenerator<Verdict> {
  const { network, result, inputs = [], signal } = options
  yield await verifyJobCertificate(certificate, {
    beacons,
    ...(network === undefined ? {} : { networkExpected: network }),
  })
  const local = await contentsAtHand(options.contents ?? [], signal)
  if (result !== undefined) {
    yield sameLayout('bytes', 'result', result, certificate.result)
    const addressed = await addressOf(result, { signal })
    yield verifyResult(certificate, addressed.leaves)
    local.set(addressed.ref.id, { source: result, addressed })
  }
  for (const [index, source] of inputs.entries()) {
    const named = certificate.job.body.inputs[index]
    if (named === undefined) return yield failed('input', `The job has ${index} inputs, not ${inputs.length}.`)
    yield sameLayout('input', `input ${index}`, source, named)
    const addressed = await addressOf(source, { signal })
    const isNamed = addressed.ref.id === named.id
    yield isNamed ? held('input') : failed('input', `Input ${index} is not the one that the job names.`)
    local.set(addressed.ref.id, { source, addressed })
  }
  if (options.recompute === true) {
    const onProgress = ({ done, total }: { done: number; total: number }) => options.onProgress?.(done, total)
    yield await recomputeJob(certificate, partSource(local, options), onProgress, {
      ...(signal === undefined ? {} : { signal }),
      ...(options.models === undefined ? {} : { models: options.models }),
    })
  }
}

function sameLayout(check: CheckName, what: string, source: ContentSource, named: ContentRef): Verdict {
  const [got, expected] = [describeLayout(source.layout), describeLayout(named.layout)]
  return got === expected ? held(check) : failed(check, `The ${what} is ${got}, not ${expected}.`)
}

function describeLayout(layout: ContentRef['layout']): string {
  if (layout.form === 'blob') return `a blob of ${layout.sizeBytes} bytes`
  return `a ${layout.rows} x ${layout.cols} matrix of ${layout.dtype} in ${partCount(layout)} parts`
}

function held(check: CheckName): Verdict {
  return { ok: true, checks: [{ check, count: 1 }] }
}

function failed(check: CheckName, reason: string): Verdict {
  return { ok: false, check, reason, checks: [] }
}

function joined(passed: readonly Passed[]): Passed[] {
  const tally = new Map<CheckName, number>()
  for (const { check, count } of passed) tally.set(check, (tally.get(check) ?? 0) + count)
  return [...tally].map(([check, count]) => ({ check, count }))
}
