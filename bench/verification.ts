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
import { type SignatureTimes, openSignatures } from './checking/signatures.ts'
import type { Bench, BenchRecord } from './lib/bench.ts'
import { median } from './lib/median.ts'
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
    const signatures = await openSignatures()
    const records: BenchRecord[] = []
    const add = (name: string, value: number, unit: string, compared: Pick<BenchRecord, 'peer' | 'ratio'> = {}) =>
      records.push({ name, value, unit, adapter, ...compared })
    const limited = (value: number, limit: number | undefined) =>
      limit === undefined ? {} : { peer: `limit ${(100 * limit).toFixed(0)}%`, ratio: limit / value }
    const all: CheckTimes[] = []
    for (const checked of checkedCases(model)) {
      const { name, kind, unit, limit } = checked
      const rounds = await measure(checked, devices, signatures, ROUNDS)
      all.push(...rounds)
      // Shares are taken round by round: what else the machine does then slows both sides alike.
      const of = (value: (times: CheckTimes) => number) => median(rounds.map(value))
      const operations = operationsShare(checked)
      const time = of((times) => timeOf(checked, times) / times.work)
      const work = of((times) => times.work)
      add(`${name}: operations of checking`, 100 * operations, '%', limited(operations, limit))
      add(`${name}: time of checking`, 100 * time, '%', limited(time, limit))
      if (kind.progress !== undefined) {
        const streamed = of((times) => timeOf(checked, times) / times.work + times.signatures.piece / PROGRESS_MS)
        add(`${name}: the same, streamed`, 100 * streamed, '%', limited(streamed, limit))
      }
      add(`${name}: the unit alone`, work, 'ms')
      add(
        `${name}: an audit`,
        of((times) => times.audit),
        'ms',
        {
          peer: 'the unit',
          ratio: of((times) => times.work / times.audit),
        },
      )
      add(
        `${name}: digests of result and inputs`,
        of((times) => times.resultDigests + times.inputDigests),
        'ms',
      )
      add(
        `${name}: tags`,
        of((times) => tagsOf(checked, times)),
        'ms',
      )
      if (unit.kind === 'matmul' && limit !== undefined) {
        // Pages multiply on a GPU, here an emulated one.
        const { tookMs, adapter: gpu } = await runInPage<BareProduct>('bare-product', { side: SIDE })
        const inPage = of((times) => timeOf(checked, times)) / tookMs
        const share = { name: `${name}: time of checking one made in a page`, value: 100 * inPage, unit: '%' }
        records.push({ ...share, adapter: gpu, ...limited(inPage, limit) })
      }
    }
    const signed = (value: keyof SignatureTimes) => median(all.map((times) => times.signatures[value]))
    add('signatures of a unit, made and verified', signed('unit'), 'ms')
    add('signatures of an audit', signed('audit'), 'ms')
    add('signatures of a piece of a stream', signed('piece'), 'ms')
    add("requester's check of a certificate, not counted", signed('certificate'), 'ms')
    records.push(...(await latencyRecords(devices, model, adapter)))
    await devices.models.close()
    return records
  },
}

/** Audits as they are drawn, each tag once where it is known from the run and twice where it is not. */
function operationsShare(checked: CheckedCase): number {
  const { kind, unit, tagOperations } = checked
  const work = Number(kind.operations(unit))
  const audits = RATE * Number(kind.auditPlan(unit).operations)
  const tags = isSampled(checked) ? RATE : 2
  return (audits + tags * Number(tagOperations)) / work
}

/** Milliseconds of checking a unit: by its node, the coordinator, and an auditor now and then. */
function timeOf(checked: CheckedCase, times: CheckTimes): number {
  const { signatures, resultDigests } = times
  const digests = times.inputDigests + resultDigests
  const audit = digests + times.audit + signatures.audit
  // The coordinator digests the result as it comes.
  return digests + resultDigests + tagsOf(checked, times) + signatures.unit + RATE * audit
}

/** Milliseconds of the tag at its node and at the coordinator. */
function tagsOf(checked: CheckedCase, { ownTag, freshTag }: CheckTimes): number {
  return ownTag + (isSampled(checked) ? RATE : 1) * freshTag
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
