// The first job of a grid that was just started: a product of fresh random matrices through the whole of it, from signature to
// certificate. Fresh, because a product that was computed before proves nothing about the nodes that are there now.
import { toHex } from '#core/bytes.ts'
import { sha256 } from '#core/digest.ts'
import type { Signer } from '#core/ed25519.ts'
import { AppError } from '#core/errors.ts'
import { systemRandom } from '#core/random.ts'
import { type Matrix, connect, formatCredits, verifyCertificate } from '#sdk/index.ts'
import { transportsOf } from './words.ts'

/** Rows and columns: 0.27 billion operations, seconds on an emulated adapter, milliseconds on a GPU. */
const SIZE = 512

/** Longest wait for nodes to be admitted. */
const NODES_TIMEOUT_MS = 120_000

/** How often it is asked whether they are there. */
const POLL_MS = 100

/** What came of it. */
export type FirstJob = {
  readonly job: string
  readonly size: number
  readonly milliseconds: number
  readonly replicas: number
  readonly transports: readonly string[]
  /** SHA-256 of the certificate. */
  readonly certificate: string
  readonly paid: string
  readonly stages: Readonly<Record<string, number>> | null
}

/** Runs it on `nodes` nodes and checks the certificate and the result. */
export async function runFirstJob(url: string, account: Signer, nodes: number, signal: AbortSignal): Promise<FirstJob> {
  await waitForNodes(url, nodes, signal)
  const client = await connect(url, { account, signal })
  const [a, b] = [randomMatrix(), randomMatrix()]
  const startMs = performance.now()
  const outcome = await client.matmul(a, b, { replication: Math.min(2, nodes), signal })
  const milliseconds = Math.round(performance.now() - startMs)
  const { certificate, certificateBytes, paid, job, status, result } = outcome
  // Once more from the bytes alone, as anyone would who was handed them.
  const { verdict } = await verifyCertificate(certificateBytes, { network: client.network.network })
  if (!verdict.ok) throw new WrongProductError(verdict.reason)
  if (!isFirstRow(a.data, b.data, result.data)) throw new WrongProductError('its first row differs.')
  return {
    job,
    size: SIZE,
    milliseconds,
    replicas: certificate.job.body.replication,
    transports: transportsOf(certificate),
    certificate: toHex(sha256(certificateBytes)),
    paid: paid.toString(),
    stages: status.stages,
  }
}

/** The result in one line. */
export function describeFirstJob({ size, milliseconds, replicas, transports, certificate, paid }: FirstJob): string {
  const agreed = replicas === 1 ? '1 node' : `${replicas} nodes agreed over ${transports.join(' and ')}`
  return (
    `First job: ${size} x ${size} x ${size} int8 product in ${(milliseconds / 1000).toFixed(2)} s, ${agreed}, ` +
    `certificate ${certificate.slice(0, 16)} verified, ${formatCredits(BigInt(paid), 9)} credits paid`
  )
}

async function waitForNodes(url: string, nodes: number, signal: AbortSignal): Promise<void> {
  const deadlineMs = Date.now() + NODES_TIMEOUT_MS
  for (;;) {
    const { network } = await connect(url, { signal })
    if (network.nodes >= nodes) return
    if (Date.now() > deadlineMs) throw new NodesMissingError(nodes, network.nodes)
    await new Promise((resolve) => setTimeout(resolve, POLL_MS))
    signal.throwIfAborted()
  }
}

function randomMatrix(): { rows: number; cols: number; data: Int8Array<ArrayBuffer> } {
  return { rows: SIZE, cols: SIZE, data: new Int8Array(systemRandom.bytes(SIZE * SIZE).buffer) }
}

/** Whether the first row of C is that of A · B: the whole of it is what the certificate is for. */
function isFirstRow(a: Int8Array, b: Int8Array, c: Matrix['data']): boolean {
  return Array.from({ length: SIZE }, (_, col) => {
    let sum = 0
    for (let k = 0; k < SIZE; k++) sum += (a[k] ?? 0) * (b[k * SIZE + col] ?? 0)
    return sum === c[col]
  }).every(Boolean)
}

/** Nodes did not come, or were not admitted. */
export class NodesMissingError extends AppError {
  override readonly name = 'cli.NodesMissing'
  constructor(wanted: number, got: number) {
    super('unavailable', `${got} of ${wanted} nodes were admitted within ${NODES_TIMEOUT_MS / 1000} s.`)
  }
}

/** A verified certificate covers a product that is wrong. */
export class WrongProductError extends AppError {
  override readonly name = 'cli.WrongProduct'
  constructor(reason: string) {
    super('bug', `The first product is not right: ${reason}`)
  }
}
