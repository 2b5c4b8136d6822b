// How long a text's first token and its certificate take on a whole grid: the real coordinator and two nodes with a history in threads, where
// one generates and the other audits, against the bare model in turns.
import { type Client, connect } from '#sdk/index.ts'
import { openThreadWorker } from '#node/thread-worker.ts'
import type { WorkerHandle } from '#node/worker-link.ts'
import type { Devices } from '#work/kind.ts'
import { MATURE_AFTER } from '#verify/trust.ts'
import { LiveGrid } from '../../test/support/live-grid.ts'
import { type HeldContent, inputsOf } from '../../test/support/certified-job.ts'
import { matrixSource } from '#sdk/parts.ts'
import { blobSource } from '#sdk/index.ts'
import { concat } from '#core/bytes.ts'
import { seededRandom } from '#core/random.ts'
import { median } from '../lib/median.ts'
import { type CheckedCase, generateCase } from './cases.ts'

/** Milliseconds, medians over the texts. */
export type Latencies = {
  /** From the start to the first token: of the bare model, at the node, and from there to the requester. */
  readonly bareFirst: number
  readonly nodeFirst: number
  readonly requesterFirst: number
  /** A prefill of prompt and text on the bare model, and what the audits took at the auditors. */
  readonly prefill: number
  readonly audit: number
  /** From the last token at the node to the end of the job: certificate signed, receipt in the log, and told to the requester. */
  readonly certificate: number
  readonly unaudited: number
  readonly audited: number
}

const PROMPT = 16
const TOKENS = 256

type Moments = { startMs: number; firstMs: number; lastMs: number; auditMs: number }

/** Measures texts until `wanted` were audited by the other node. */
export async function latencies(model: HeldContent, devices: Devices, wanted: number): Promise<Latencies> {
  const grid = await LiveGrid.open()
  try {
    const moments: Moments = { startMs: 0, firstMs: 0, lastMs: 0, auditMs: 0 }
    await Promise.all([0, 1].map(() => grid.node({ openWorker: () => watched(openThreadWorker(), moments) })))
    const client = await connect(grid.url)
    await makeHistories(client)
    await client.addModel(blobSource(concat(...model.parts)))
    const runs: (Awaited<ReturnType<typeof textOn>> & { bareFirst: number; prefill: number })[] = []
    for (let at = 0; runs.filter(({ isAudited }) => isAudited).length <= wanted; at++) {
      const checked = generateCase(model, `latency ${at}`, PROMPT, TOKENS)
      const bare = await bareRun(checked, devices)
      runs.push({ ...bare, ...(await textOn(client, checked, moments)) })
    }
    // The first one loads the model.
    const warm = runs.slice(1)
    const of = (some: typeof warm, value: (run: (typeof warm)[number]) => number) => median(some.map(value))
    const audited = warm.filter(({ isAudited }) => isAudited)
    return {
      bareFirst: of(warm, ({ bareFirst }) => bareFirst),
      nodeFirst: of(warm, ({ nodeFirst }) => nodeFirst),
      requesterFirst: of(warm, ({ requesterFirst }) => requesterFirst),
      prefill: of(audited, ({ prefill }) => prefill),
      audit: of(audited, ({ audit }) => audit),
      certificate: of(audited, ({ certificate }) => certificate),
      unaudited: warm.length - audited.length,
      audited: audited.length,
    }
  } finally {
    await grid.close()
  }
}

/** Tells when a text begins and ends at whichever node computes it, and how long an audit takes. */
function watched(handle: WorkerHandle, moments: Moments): WorkerHandle {
  const { api } = handle
  const run: WorkerHandle['api']['run'] = (task, unit, parts, onProgress) => {
    if (unit.kind !== 'generate') return api.run(task, unit, parts, onProgress)
    moments.startMs = performance.now()
    moments.firstMs = 0
    return api.run(task, unit, parts, (bytes) => {
      moments.lastMs = performance.now()
      if (moments.firstMs === 0) moments.firstMs = moments.lastMs
      onProgress?.(bytes)
    })
  }
  const audit: WorkerHandle['api']['audit'] = async (...call) => {
    const startMs = performance.now()
    const found = await api.audit(...call)
    moments.auditMs = performance.now() - startMs
    return found
  }
  return { ...handle, api: { ...api, run, audit } }
}

/** Two replicas of small products, all of them audited, until both nodes have a history. */
async function makeHistories(client: Client): Promise<void> {
  const random = seededRandom('bench/histories')
  for (let unit = 0; unit < MATURE_AFTER; unit++) {
    const matrix = () => matrixSource({ rows: 8, cols: 8, data: new Int8Array(random.bytes(64).buffer) })
    await client.matmul(matrix(), matrix(), { replication: 2 })
  }
}

async function bareRun({ kind, unit, contents }: CheckedCase, devices: Devices) {
  const inputs = inputsOf(kind, unit, contents)
  const startMs = performance.now()
  let firstMs = 0
  const onProgress = () => void (firstMs ||= performance.now())
  const result = await kind.run(unit, inputs, devices, { onProgress })
  const checkMs = performance.now()
  if ((await kind.check?.(unit, inputs, result, devices.models)) !== null) throw new Error('The text is wrong.')
  return { bareFirst: firstMs - startMs, prefill: performance.now() - checkMs }
}

async function textOn(client: Client, { unit, contents }: CheckedCase, moments: Moments) {
  const [model, prompt] = contents
  if (model === undefined || prompt === undefined) throw new RangeError('A text needs a model and a prompt.')
  let firstMs = 0
  let doneMs = 0
  const { kind, version, params } = unit
  const task = { kind, version, params, inputs: [model.ref, blobSource(concat(...prompt.parts))] }
  const outcome = await client.run(task, async () => ({ writePart: async () => undefined }), {
    replication: 1,
    onPartial: () => void (firstMs ||= performance.now()),
    onProgress: (stage, done, total) => {
      if (stage === 'compute' && done === total) doneMs = performance.now()
    },
  })
  const [body] = outcome.certificate.units.map((certificate) => certificate.body)
  const auditor = body?.audit?.task.body.auditor
  if (auditor === outcome.certificate.genesis.coordinator) throw new Error('The coordinator audited, not a node.')
  return {
    nodeFirst: moments.firstMs - moments.startMs,
    requesterFirst: firstMs - moments.firstMs,
    certificate: doneMs - moments.lastMs,
    audit: moments.auditMs,
    isAudited: auditor !== undefined,
  }
}
