// What the log says of nodes: each delegation once and each epoch's beats, under commitments that name nobody.
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { decodeCbor } from '#core/cbor.ts'
import { digestOf } from '#core/digest.ts'
import { signerFromSecret } from '#core/ed25519.ts'
import { seededRandom } from '#core/random.ts'
import { logBeats, logDelegation } from '#coordinator/node-entries.ts'
import { upsertBeat } from '#coordinator/store/beats.ts'
import { readLogEntries } from '#coordinator/store/log.ts'
import { readBeatSummary } from '#coordinator/store/node-entries.ts'
import type { Delegation } from '#identity/delegation.ts'
import { type BeatSummary, type LogEntry, beatsEntry, saltedCommitment } from '#ledger/entry.ts'
import { epochOf } from '#ledger/pending.ts'
import { signBeat } from '#liveness/beat.ts'
import { slotOf } from '#liveness/slot.ts'
import { type TestApp, openTestApp } from '../support/coordinator-app.ts'
import { balanceDrift } from '../support/replay-balances.ts'

const random = seededRandom('node-entries')
let nowMs = 1_800_000_000_000
const clock = { nowMs: () => nowMs, after: () => () => {} }
let site: TestApp

beforeAll(async () => {
  site = await openTestApp(clock)
}, 120_000)
afterAll(() => site.close())

async function entriesOf(type: LogEntry['type']): Promise<{ entry: LogEntry }[]> {
  const rows = await readLogEntries(site.grid.store.db, 0, 1_000)
  return rows.map(({ entry }) => ({ entry: decodeCbor(entry) as LogEntry })).filter(({ entry }) => entry.type === type)
}

describe('entries about nodes', () => {
  test('default: a delegation is logged once, whoever says hello at the same time', async () => {
    const delegation = { body: { node: 'a body', nonce: digestOf('test', 1) } } as unknown as Delegation
    await Promise.all([1, 2, 3].map(() => logDelegation(site.grid, delegation, 1)))
    await logDelegation(site.grid, delegation, 1)
    expect((await entriesOf('delegation')).map(({ entry }) => entry)).toMatchObject([{ type: 'delegation', tier: 1 }])
    expect(await balanceDrift(site.grid.store.db)).toEqual([])
  })

  test('default: beats of an epoch are logged once they are over, under pseudonyms', async () => {
    const { grid } = site
    const signers = [1, 2].map(() => signerFromSecret(random.bytes(32)))
    const epoch = epochOf(nowMs, grid.config.epochMs)
    const context = { network: grid.network, checkpoint: grid.log.checkpoint }
    for (const [at, signer] of signers.entries())
      for (let slot = 0; slot <= at; slot++) {
        const body = { slot: slotOf(nowMs) + slot, state: 'idle', ratedMops: 1, unitsDone: 0, sequence: slot } as const
        await upsertBeat(grid.store.db, await signBeat(signer, context, body), null)
      }
    await logBeats(grid)
    expect(await entriesOf('beats')).toEqual([])
    nowMs += 2 * grid.config.epochMs
    await logBeats(grid)
    await logBeats(grid)
    const logged = await entriesOf('beats')
    const kept = await readBeatSummary(grid.store.db, epoch)
    const summaries = JSON.parse(kept?.body ?? '[]') as BeatSummary[]
    expect(logged.map(({ entry }) => entry)).toEqual([beatsEntry(epoch, summaries)])
    expect(new Set(summaries.map(({ beats }) => beats))).toEqual(new Set([1, 2]))
    const served = await site.app.request(`/api/v1/nodes/beats/${epoch}`)
    const text = await served.text()
    expect(JSON.parse(text)).toEqual({ epoch, summaries })
    expect((await site.app.request(`/api/v1/nodes/beats/${epoch + 1}`)).status).toBe(404)
    for (const { publicKey } of signers) {
      expect(text).not.toContain(publicKey)
      const pseudonym = saltedCommitment(digestOf('beating-node', publicKey), kept?.salt ?? digestOf('test', 0))
      expect(summaries.some((summary) => summary.pseudonym === pseudonym)).toBe(true)
    }
  })
})
