// What checking costs, kind by kind, in a network whose nodes have a history: at the floor of the audit rate, with everything that is hashed,
// signed and verified. Then what it adds to a streamed text.
import { PROGRESS_MS } from '#net/protocols/lease/constants.ts'
import { ALWAYS_PPM } from '#verify/roster.ts'
import { DEFAULT_AUDIT_POLICY } from '#verify/trust.ts'
import type { Devices } from '#work/kind.ts'
import { holdBlob } from '../test/support/tiny-model.ts'
import { type CheckedCase, SIDE, benchModelFile, checkedCases, openDevices } from './checking/cases.ts'
import { type CheckTimes, measure } from './checking/costs.ts'
import { latencies } from './checking/latency.ts'
import { type SignatureTimes, signatureTimes } from './checking/signatures.ts'
import type { Bench, BenchRecord } from './lib/bench.ts'
import { runInPage } from './lib/page.ts'
import type { BareProduct } from './page/bare-product.ts'

const ROUNDS = 5
const AUDITED_TEXTS = 5

/** Most that may come between the last token and the certificate, besides a prefill. */
const CERTIFICATE_MS = 200

const RATE = DEFAULT_AUDIT_POLICY.floorPpm / ALWAYS_PPM

/** Shares of the work; `ratio` is the limit over what was measured: 1 or more keeps it. */
export const bench: Bench = {
  summary: `Operations and time of checking over those of the work, audited at ${100 * RATE}%; medians of ${ROUNDS}.`,
  async run() {
    const devices = await openDevices()
    const model = holdBlob(await benchModelFile())
    const adapter = `WebAssembly on one thread (models) and TypeScript (products), Node ${process.version}`
    const signatures = await signatureTimes(ROUNDS)
    const records: BenchRecord[] = []
    const add = (name: string, value: number, unit: string, compared: Pick<BenchRecord, 'peer' | 'ratio'> = {}) =>
      records.push({ name, value, unit, adapter, ...compared })
    const limited = (value: number, limit: number | undefined) =>
      limit === undefined ? {} : { peer: `limit ${(100 * limit).toFixed(0)}%`, ratio: limit / value }
    for (const checked of checkedCases(model)) {
      const { name, kind, unit, limit } = checked
      const times = await measure(checked, devices, ROUNDS)
      const operations = operationsShare(checked)
      const time = timeOf(checked, times, signatures) / times.work
      const requester = times.resultDigests + signatures.certificate
      add(`${name}: operations of checking`, 100 * operations, '%', limited(operations, limit))
      add(`${name}: time of checking`, 100 * time, '%', limited(time, limit))
      if (kind.progress !== undefined) {
        const streamed = time + signatures.piece / PROGRESS_MS
        add(`${name}: the same, streamed`, 100 * streamed, '%', limited(streamed, limit))
      }
      add(`${name}: the requester's own check`, requester, 'ms', { peer: 'the unit', ratio: times.work / requester })
      add(`${name}: the unit alone`, times.work, 'ms')
      add(`${name}: an audit`, times.audit, 'ms', { peer: 'the unit', ratio: times.work / times.audit })
      add(`${name}: digests of result and inputs`, times.resultDigests + times.inputDigests, 'ms')
      add(
        `${name}: tag, at its node and elsewhere`,
        times.ownTag + (isSampled(checked) ? RATE : 1) * times.freshTag,
        'ms',
      )
      if (unit.kind === 'matmul' && limit !== undefined) {
        // Pages multiply on a GPU, here an emulated one.
        const { tookMs, adapter: gpu } = await runInPage<BareProduct>('bare-product', { side: SIDE })
        const inPage = timeOf(checked, times, signatures) / tookMs
        records.push({
          name: `${name}: time of checking one made in a page`,
          value: 100 * inPage,
          unit: '%',
          adapter: gpu,
          ...limited(inPage, limit),
        })
      }
    }
    add('signatures of a unit, made and verified', signatures.unit, 'ms')
    add('signatures of an audit', signatures.audit, 'ms')
    add('signatures of a piece of a stream', signatures.piece, 'ms')
    add("requester's check of a certificate", signatures.certificate, 'ms')
    records.push(...(await latencyRecords(devices, model, adapter)))
    await devices.models.close()
    return records
  },
}

/** Audits as they are drawn, each tag once where it is known from the run and twice where it is not. */
function operationsShare({ kind, unit, tagOperations, ...checked }: CheckedCase): number {
  const work = Number(kind.operations(unit))
  const audits = RATE * Number(kind.auditPlan(unit).operations)
  const tags = isSampled({ kind, unit, tagOperations, ...checked }) ? RATE : 2
  return (audits + tags * Number(tagOperations)) / work
}

/** Milliseconds of checking a unit: by its node, the coordinator, and an auditor now and then. */
function timeOf(checked: CheckedCase, times: CheckTimes, signatures: SignatureTimes): number {
  const digests = times.inputDigests + times.resultDigests
  const audit = digests + times.audit + signatures.audit
  const tags = times.ownTag + (isSampled(checked) ? RATE : 1) * times.freshTag
  // The coordinator digests the result as it comes.
  return digests + times.resultDigests + tags + signatures.unit + RATE * audit
}

/** Whether the coordinator computes tags only as often as it audits. */
function isSampled({ kind, unit }: CheckedCase): boolean {
  return (kind.files?.(unit) ?? []).length > 0
}

async function latencyRecords(
  devices: Devices,
  model: Parameters<typeof latencies>[0],
  adapter: string,
): Promise<BenchRecord[]> {
  const { bareFirst, nodeFirst, requesterFirst, prefill, audit, certificate, audited, unaudited } = await latencies(
    model,
    devices,
    AUDITED_TEXTS,
  )
  const record = (name: string, value: number, compared: Pick<BenchRecord, 'peer' | 'ratio'> = {}): BenchRecord => ({
    name,
    value,
    unit: 'ms',
    adapter,
    ...compared,
  })
  const limit = prefill + CERTIFICATE_MS
  return [
    record('first token of the bare model', bareFirst),
    record('first token at a node', nodeFirst, { peer: 'bare model', ratio: bareFirst / nodeFirst }),
    record('from there to the requester', requesterFirst),
    record('a prefill of the text', prefill),
    record('an audit at its node', audit),
    record(`from the last token to the certificate (${audited} audited texts of ${audited + unaudited})`, certificate, {
      peer: `a prefill and ${CERTIFICATE_MS} ms: ${limit.toFixed(0)}`,
      ratio: limit / certificate,
    }),
  ]
}
