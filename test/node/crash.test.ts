// The coordinator is killed with SIGKILL at random moments, again and again, while jobs run: every job completes with the right result, no
// receipt is lost or doubled, and the log's replay gives the books that the coordinator keeps.
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, expect, test } from 'vitest'
import { signerFromSecret } from '#core/ed25519.ts'
import { type Random, randomInt, seededRandom, systemRandom } from '#core/random.ts'
import { toHex } from '#core/bytes.ts'
import type { LogEntry } from '#ledger/entry.ts'
import { Ledger } from '#ledger/balance.ts'
import { type NodeContribution, startNode } from '#node/contribution.ts'
import { processParts } from '#node/process.ts'
import { type Client, connect } from '#sdk/index.ts'
import { matmulInt8Reference } from '../support/matmul-truth.ts'

/** Kills in one run: enough to meet most moments of a unit's life over a few runs, and more by COMMONWATT_CRASHES. */
const KILLS = Number(process.env.COMMONWATT_CRASHES ?? 8)

/** Longest life of a coordinator: past its start, a unit's whole life and its settlement. */
const MAX_LIFE_MS = 1_500

const SCRIPT = fileURLToPath(new URL('../support/coordinator-process.ts', import.meta.url))

const cleanups: (() => unknown)[] = []
afterAll(async () => {
  for (const cleanup of cleanups.reverse()) await cleanup()
})

/** Keeps a coordinator running on one port and directory, until told to stop killing it. */
class Victim {
  readonly #dataDir: string
  #process: ChildProcess | undefined
  port = 0
  kills = 0

  constructor(dataDir: string) {
    this.#dataDir = dataDir
  }

  async start(): Promise<string> {
    const child = fork(SCRIPT, [this.#dataDir, String(this.port)], { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] })
    this.#process = child
    const [message] = (await Promise.race([
      once(child, 'message'),
      once(child, 'exit').then(([code]) => Promise.reject(new Error(`The coordinator ended with ${String(code)}.`))),
    ])) as [{ url: string }]
    this.port = Number(new URL(message.url).port)
    return message.url
  }

  async kill(): Promise<void> {
    const child = this.#process
    if (child === undefined) return
    const ended = once(child, 'exit')
    child.kill('SIGKILL')
    await ended
    this.kills++
  }

  async stop(): Promise<void> {
    this.#process?.kill('SIGKILL')
  }
}

test(`behaviour: ${KILLS} kills, and nothing is lost`, { timeout: 60_000 + KILLS * 30_000 }, async () => {
  const seed = process.env.COMMONWATT_SEED ?? toHex(systemRandom.bytes(4))
  console.log(`seed: ${seed} (COMMONWATT_SEED=${seed} repeats the moments)`)
  const random = seededRandom(seed)
  const dataDir = await mkdtemp(join(tmpdir(), 'crash-'))
  const victim = new Victim(dataDir)
  cleanups.push(
    () => rm(dataDir, { recursive: true, force: true }),
    () => victim.stop(),
  )
  const url = await victim.start()
  const nodes = [openNode(url), openNode(url)]
  await Promise.all(nodes.map((node) => until(node, () => node.state.phase === 'waiting')))
  const client = await connect(url)

  let jobs = 0
  let units = 0
  while (victim.kills < KILLS) {
    const killing = killAtRandom(victim, random)
    units += await runJob(client, random, `${seed}/${jobs++}`)
    await killing
  }
  units += await runJob(client, random, `${seed}/${jobs}`)
  console.log(`${victim.kills} kills over ${jobs + 1} jobs of ${units} units`)

  const entries = await logEntries(url)
  const receipts = entries.filter((entry) => entry.type === 'receipt')
  expect(receipts.length).toBe(units)
  expect(new Set(receipts.map(({ admissionLeaf, unit }) => `${admissionLeaf}/${unit}`)).size).toBe(units)
  const ledger = new Ledger()
  for (const entry of entries) ledger.apply(entry)
  for (const account of ledger.accounts()) {
    const { balance, escrowed, pending, earned } = await client.accountOf(account)
    const replayed = ledger.balanceOf(account)
    expect({ balance, escrowed, pending, earned }).toEqual({
      balance: replayed.balance.toString(),
      escrowed: replayed.escrowed.toString(),
      pending: replayed.pending.toString(),
      earned: replayed.earned.toString(),
    })
    expect(replayed.escrowed).toBe(0n)
  }
})

function openNode(coordinator: string): NodeContribution {
  const consent = { gpuShare: 1, expiresMs: Date.now() + 3_600_000, site: null }
  const node = startNode(processParts({ coordinator, consent, signer: signerFromSecret(systemRandom.bytes(32)) }))
  cleanups.push(() => node.stop())
  return node
}

async function until(node: NodeContribution, isThere: () => boolean): Promise<void> {
  if (isThere()) return
  await new Promise<void>((resolve) => {
    const stop = node.onChange(() => {
      if (!isThere()) return
      stop()
      resolve()
    })
  })
}

/** Kills the coordinator at a random moment of its life, and starts it again. */
async function killAtRandom(victim: Victim, random: Random): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, randomInt(random, MAX_LIFE_MS)))
  await victim.kill()
  await victim.start()
}

/** Runs one job of several units to its verified result, whatever happens to the coordinator; returns its number of units. */
async function runJob(client: Client, random: Random, seed: string): Promise<number> {
  const source = seededRandom(seed)
  const [m, k, n] = [1025 + randomInt(random, 64), 1 + randomInt(random, 24), 1025 + randomInt(random, 64)]
  const a = { rows: m, cols: k, data: new Int8Array(source.bytes(m * k).buffer) }
  const b = { rows: k, cols: n, data: new Int8Array(source.bytes(k * n).buffer) }
  const { result, certificate } = await client.matmul(a, b)
  expect(result.data).toEqual(matmulInt8Reference(a, b))
  return certificate.units.length
}

async function logEntries(url: string): Promise<LogEntry[]> {
  const entries: LogEntry[] = []
  for (;;) {
    const response = await fetch(new URL(`/api/v1/log/entries?from=${entries.length}&limit=1000`, url))
    const page = ((await response.json()) as { entries: { entry: LogEntry }[] }).entries
    if (page.length === 0) return entries
    entries.push(...page.map(({ entry }) => entry))
  }
}
