// Entry of the child that process-node.ts starts: contributes to the coordinator of its first argument with the key in the folder of its
// second, until the channel to its parent closes.
import './keep-wasm-code.ts'
import { mkdir } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { type ErrorRecord, toErrorRecord } from '#core/errors.ts'
import { MAX_CONSENT_MS } from '#node/consent.ts'
import { startProcessNode } from '#node/process.ts'
import type { NodeState } from '#node/state.ts'
import { fileEvidence } from '#node/evidence-file.ts'
import { fileTally } from '#node/tally-file.ts'
import { openKeyFile } from './key-file.ts'
import type { ChildMessage } from './process-node.ts'

/** Whoever starts a headless node consents for as long as it runs: when the longest consent ends, this process does, and is started again. */
const CONSENT_MS = MAX_CONSENT_MS - 60_000

const [coordinator = '', folder = ''] = process.argv.slice(2)

// Ctrl-C reaches the whole group; the parent decides when this node stops.
for (const signal of ['SIGINT', 'SIGHUP'] as const) process.on(signal, () => undefined)

try {
  await mkdir(folder, { recursive: true, mode: 0o700 })
  const { signer } = await openKeyFile(join(folder, 'session-key'))
  const consent = { gpuShare: 1, expiresMs: Date.now() + CONSENT_MS, site: null }
  const tally = fileTally(join(folder, 'units-done'))
  const evidence = fileEvidence(join(folder, 'evidence.json'))
  const logPlace = (network: string) => fileEvidence(join(folder, `log-${network}.note`))
  const modelFolder = join(dirname(folder), 'models') // one for all nodes beside this one
  const node = startProcessNode({
    coordinator,
    consent,
    signer,
    tally,
    evidence,
    logPlace,
    modelFolder,
    onState: tellWhenStarted(),
  })
  const stop = (): void => void node.stop().finally(() => process.exit(0))
  process.once('disconnect', stop)
  process.once('SIGTERM', stop)
} catch (error) {
  giveUp(toErrorRecord(error))
}

/** Tells the parent once, when the node waits for work; ends the process when it needs a person, because here is none. */
function tellWhenStarted(): (state: NodeState) => void {
  let isTold = false
  return ({ phase, error, reason }) => {
    if (phase === 'attention') {
      if (isTold) process.stderr.write(`A node gave up: ${reason}\n`)
      giveUp(error ?? { name: 'node.Attention', kind: 'unavailable', message: reason })
      return
    }
    if (isTold || (phase !== 'waiting' && phase !== 'working')) return
    isTold = true
    tell({ say: 'started' })
  }
}

function tell(message: ChildMessage): void {
  process.send?.(message)
}

function giveUp(error: ErrorRecord): void {
  if (process.send === undefined) process.exit(1)
  process.send({ say: 'failed', error } satisfies ChildMessage, () => process.exit(1))
}
