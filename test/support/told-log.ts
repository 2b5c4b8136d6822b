// A coordinator as its visitors see it, over one certified job: it hands out what it is told to, true or not. Signatures, digests and tiles
// are real, so a lie is found where a real coordinator's would be.
import { Hono } from 'hono'
import { concat, fromHex } from '#core/bytes.ts'
import type { Digest } from '#core/digest.ts'
import type { PublicKey } from '#core/ed25519.ts'
import type { CheckpointNote } from '#ledger/checkpoint.ts'
import { signCheckpoint } from '#ledger/checkpoint.ts'
import { type LogEntry, entryLeaf } from '#ledger/entry.ts'
import { networkId } from '#ledger/genesis.ts'
import { ATTO_PER_OPERATION } from '#ledger/price.ts'
import { parseTilePath } from '#ledger/tiles.ts'
import { certificateId } from '#verify/certificate.ts'
import { unitId } from '#work/unit.ts'
import { type CertifiedJob, testChain } from './certified-job.ts'
import { MemoryLog } from './log-nodes.ts'

/** Tells the log of `job`, and what else a visitor asks for. */
export class ToldLog {
  readonly app = new Hono()
  readonly entries: readonly LogEntry[]
  /** What is handed out in the place of an entry. */
  told = new Map<number, unknown>()
  /** What is answered to a path instead of what is there. */
  answers = new Map<string, () => Response>()
  readonly #job: CertifiedJob
  #shown: readonly LogEntry[] = []
  #note: CheckpointNote | undefined

  private constructor(job: CertifiedJob) {
    this.#job = job
    const { network, certificate } = job
    this.entries = [
      { type: 'genesis', genesis: network.genesis },
      certificate.admission.entry,
      ...certificate.rosters.map(({ entry }) => entry),
      { type: 'secret-chain', ...testChain(network).chain },
      ...certificate.receipts.map(({ entry }) => entry),
    ]
    this.#serve()
  }

  static async open(job: CertifiedJob): Promise<ToldLog> {
    const log = new ToldLog(job)
    await log.show(log.entries)
    return log
  }

  get unit(): Digest {
    const [first] = this.#job.certificate.units
    if (first === undefined) throw new RangeError('The job has no units.')
    return unitId(first.body.unit)
  }

  get certificate(): Digest {
    const [first] = this.#job.certificate.units
    if (first === undefined) throw new RangeError('The job has no units.')
    return certificateId(first)
  }

  /** Keys of the replicas of its first unit. */
  get nodes(): readonly PublicKey[] {
    return this.#job.certificate.units[0]?.body.replicas.map(({ lease }) => lease.body.node) ?? []
  }

  /** Signs and shows `entries`. */
  async show(entries: readonly LogEntry[]): Promise<void> {
    const { network } = this.#job
    const root = await new MemoryLog().append(...entries.map((entry) => entryLeaf(entry)))
    this.#shown = entries
    this.#note = await signCheckpoint(network.coordinator, networkId(network.genesis), { size: entries.length, root })
  }

  #serve(): void {
    const { app } = this
    const { network, certificate, inputs } = this.#job
    app.use('*', async (c, next) => {
      const answer = this.answers.get(c.req.path)
      if (answer !== undefined) return answer()
      await next()
    })
    app.get('/api/v1/network', (c) =>
      c.json({
        network: networkId(network.genesis),
        genesis: network.genesis,
        checkpoint: this.#note,
        peerId: 'peer',
        addresses: [],
        nodes: 0,
        price: { attoPerOperation: ATTO_PER_OPERATION.toString() },
      }),
    )
    app.get('/api/v1/log/:tile{tile/.+}', (c) => {
      const name = parseTilePath(c.req.param('tile'))
      if (name?.level !== 0 || name.index !== 0) return missing('tile')
      const leaves = this.#shown.slice(0, name.width).map((entry) => fromHex(entryLeaf(entry)))
      return new Response(concat(...leaves))
    })
    app.get('/api/v1/log/entries', (c) => {
      const from = Number(c.req.query('from'))
      const shown = this.#shown.slice(from, from + Number(c.req.query('limit')))
      return c.json({
        entries: shown.map((entry, at) => ({ index: from + at, entry: this.told.get(from + at) ?? entry })),
      })
    })
    app.get('/api/v1/units/:id', (c) => {
      const at = certificate.units.findIndex(({ body }) => unitId(body.unit) === c.req.param('id'))
      const [unit, receipt] = [certificate.units[at], certificate.receipts[at]]
      if (unit === undefined || receipt === undefined) return missing('unit')
      const certificates = [{ certificate: certificateId(unit), receipt: receipt.index }]
      return c.json({ unit: c.req.param('id'), state: 'done', certificates, disputes: [], faults: [] })
    })
    app.get('/api/v1/certificates/:id', (c) => {
      const unit = certificate.units.find((each) => certificateId(each) === c.req.param('id'))
      return unit === undefined ? missing('certificate') : c.json(unit)
    })
    app.get('/api/v1/rosters/:root', (c) => {
      const roster = certificate.rosters.find(({ entry }) => entry.root === c.req.param('root'))
      return roster === undefined ? missing('roster') : c.json({ nodes: roster.nodes })
    })
    app.get('/api/v1/contents/:id', (c) => {
      const held = inputs.find(({ ref }) => ref.id === c.req.param('id'))
      return held === undefined ? missing('content', 'coordinator.UnknownContent') : c.json({ leaves: held.leaves })
    })
    app.get('/api/v1/contents/:id/parts/:n', (c) => {
      const part = inputs.find(({ ref }) => ref.id === c.req.param('id'))?.parts[Number(c.req.param('n'))]
      return part === undefined ? missing('part', 'coordinator.MissingPart') : new Response(part)
    })
    app.all('/api/*', () => missing('route'))
  }
}

/** An answer of a coordinator that has no such thing. */
export function missing(what: string, name = 'coordinator.NotFound'): Response {
  const error = { name, kind: 'input', message: `There is no ${what}.` }
  return Response.json({ error }, { status: 404 })
}
