// What faults cost on a whole grid: the real coordinator, real nodes, one of which does wrong on purpose or by its driver.
import { describe, expect, test } from 'vitest'
import { seededRandom } from '#core/random.ts'
import { utf8 } from '#core/bytes.ts'
import type { Digest } from '#core/digest.ts'
import type { PublicKey } from '#core/ed25519.ts'
import { replay } from '#ledger/balance.ts'
import { verifyFault } from '#sdk/index.ts'
import { type Statement, verifyStatement } from '#verify/arbitration.ts'
import { type DisputeRecord, disputeId } from '#verify/dispute.ts'
import { decodeFaultProof } from '#verify/fault-proof.ts'
import { MATURE_AFTER } from '#verify/trust.ts'
import { openThreadWorker } from '#node/thread-worker.ts'
import { randomMatrix } from '../support/certified-job.ts'
import { gridsOfTests } from '../support/grids-of-tests.ts'
import { type LiveGrid, until } from '../support/live-grid.ts'
import { equivocatingExchange, wrongOpinionWorker, wrongTileWorker } from '../support/misbehaving-nodes.ts'
import type { TestRequester } from '../support/test-requester.ts'

const openGrid = gridsOfTests()

function inputs(seed: string) {
  const random = seededRandom(seed)
  return [randomMatrix(random, 'i8', 40, 30), randomMatrix(random, 'i8', 30, 20)]
}

/** Runs jobs until one has a dispute; the draw decides which. */
async function untilDisputed(requester: TestRequester, seed: string) {
  for (let attempt = 0; attempt < 20; attempt++) {
    const { body } = await requester.submit(inputs(`${seed} ${attempt}`))
    const events = await requester.events(String(body.id))
    expect(events.at(-1)?.event).toBe('done')
    const dispute = events.find(({ event }) => event === 'dispute')?.data
    if (dispute !== undefined) return dispute as { node: PublicKey; proof: Digest }
  }
  throw new Error('Nothing was disputed.')
}

/** The record of the dispute in which `proof` came to be. */
async function disputeOf(grid: LiveGrid, proof: Digest) {
  const fault = decodeFaultProof(utf8(await (await fetch(`${grid.url}/api/v1/faults/${proof}`)).text()))
  const id = disputeId({ close: fault.close, part: fault.part.index })
  const dispute = (await (await fetch(`${grid.url}/api/v1/disputes/${id}`)).json()) as DisputeRecord
  return { dispute, authority: { network: fault.lease.network, coordinator: fault.lease.signer } }
}

async function evidenceOf(grid: LiveGrid, proof: Digest) {
  const bytes = utf8(await (await fetch(`${grid.url}/api/v1/faults/${proof}`)).text())
  const { network, genesis } = (await (await fetch(`${grid.url}/api/v1/network`)).json()) as {
    network: Digest
    genesis: { coordinator: PublicKey }
  }
  return verifyFault(bytes, { network, coordinator: genesis.coordinator })
}

describe('faults', { timeout: 180_000 }, () => {
  test('behaviour: who commits to two results loses what is pending, and is kept out', async () => {
    const grid = await openGrid()
    let isLying = false
    const liar = await grid.node({ openExchange: equivocatingExchange(() => isLying) })
    await Promise.all([grid.node(), grid.node()])
    const requester = await grid.requester()
    const { body } = await requester.submit(inputs('honest'), { replication: 3 })
    expect((await requester.events(String(body.id))).at(-1)?.event).toBe('done')
    const account = () => requester.get(`/api/v1/accounts/${liar.state.node}`)
    const { pending } = (await account()).body as { pending: string }
    expect(BigInt(pending)).toBeGreaterThan(0n)
    isLying = true
    const dispute = await untilDisputed(requester, 'lying')
    expect(dispute.node).toBe(liar.state.node)
    const { verdict, proof } = await evidenceOf(grid, dispute.proof)
    expect(verdict).toMatchObject({ ok: true })
    expect(proof?.format).toBe('commonwatt/equivocation/v1')
    expect((await account()).body).toMatchObject({ pending: '0', balance: '0' })
    await until(liar, () => liar.state.phase === 'attention')
    expect(liar.state.reason).toContain('kept out until')
    const entries = await grid.entries()
    const faults = entries.filter(({ type }) => type === 'fault')
    const forfeits = entries.filter(({ type }) => type === 'forfeit')
    expect(faults).toEqual([expect.objectContaining({ node: liar.state.node, cause: 'equivocation' })])
    expect(forfeits).toEqual([
      expect.objectContaining({ node: liar.state.node, fault: entries.findIndex(({ type }) => type === 'fault') }),
    ])
  })

  test('behaviour: a first wrong part costs the unit and a self-test but nothing audited, a second one what is pending', async () => {
    const grid = await openGrid()
    let isWrong = false
    const faulty = await grid.node({ openWorker: wrongTileWorker(openThreadWorker, 0, () => isWrong) })
    await Promise.all([grid.node(), grid.node()])
    const requester = await grid.requester()
    const { body } = await requester.submit(inputs('right'), { replication: 3 })
    expect((await requester.events(String(body.id))).at(-1)?.event).toBe('done')
    const account = () => requester.get(`/api/v1/accounts/${faulty.state.node}`)
    const { pending } = (await account()).body as { pending: string }
    isWrong = true
    const first = await untilDisputed(requester, 'first')
    expect(first.node).toBe(faulty.state.node)
    expect((await account()).body).toMatchObject({ pending, burned: '0' })
    // The third node had no part in it, and signed what the reference says.
    const { dispute, authority } = await disputeOf(grid, first.proof)
    if (dispute.third === null) throw new Error('No third node was asked.')
    const { task, statement } = dispute.third
    expect(verifyStatement(task, statement, authority)).toMatchObject({ ok: true })
    expect(statement.body.leaf).toBe(dispute.expected)
    expect(dispute.close.body.entries.map(({ node }) => node)).not.toContain(statement.signer)
    const second = await untilDisputed(requester, 'second')
    expect(second.node).toBe(faulty.state.node)
    expect((await evidenceOf(grid, second.proof)).verdict).toMatchObject({ ok: true })
    expect((await account()).body).toMatchObject({ pending: '0', burned: pending })
    const entries = await grid.entries()
    const faults = entries.flatMap((entry, at) => (entry.type === 'fault' ? [{ entry, at }] : []))
    expect(faults.map(({ entry }) => entry.cause)).toEqual(['wrong-part', 'wrong-part-again'])
    expect(faults[1]?.entry.earlier).toBe(faults[0]?.at)
  })

  test('behaviour: a first wrong part burns what no audit stands behind, as the log alone says', async () => {
    const grid = await openGrid()
    let isWrong = false
    const faulty = await grid.node({ openWorker: wrongTileWorker(openThreadWorker, 0, () => isWrong) })
    const requester = await grid.requester()
    const run = async (seed: string) => {
      const { body } = await requester.submit(inputs(seed), { replication: 1 })
      expect((await requester.events(String(body.id))).at(-1)?.event).toBe('done')
    }
    for (let at = 0; at < MATURE_AFTER; at++) await run(`history ${at}`)
    const { node } = faulty.state
    if (node === null) throw new Error('The node has no key.')
    const doubt = async () => replay(await grid.entries()).doubtfulOf(node)
    expect(await doubt()).toBe(0n)
    // With a history, a result is unaudited in seven cases of ten.
    for (let at = 0; (await doubt()) === 0n && at < 40; at++) await run(`alone ${at}`)
    await Promise.all([grid.node(), grid.node()])
    isWrong = true
    await untilDisputed(requester, 'doubtful')
    const entries = await grid.entries()
    const at = entries.findIndex(({ type }) => type === 'fault')
    const before = replay(entries.slice(0, at))
    const amount = before.doubtfulOf(node)
    expect(amount).toBeGreaterThan(0n)
    expect(amount).toBeLessThan(before.stakeOf(node))
    expect(entries[at]).toMatchObject({ node, cause: 'wrong-part' })
    const forfeits = entries.filter(({ type }) => type === 'forfeit')
    expect(forfeits).toEqual([{ type: 'forfeit', node, fault: at, amount: amount.toString() }])
    const { body: account } = await requester.get(`/api/v1/accounts/${node}`)
    const kept = (before.stakeOf(node) - amount).toString()
    expect(account).toMatchObject({ burned: amount.toString(), pending: kept })
  })

  test('behaviour: a third node that is wrong must pass the self-test again, and convicts nobody', async () => {
    // Whoever is wrong comes back at once, so that the draw makes the other liar the third node in one of a few disputes.
    const grid = await openGrid({ config: { faultBanMs: 0 } })
    const wrong = await grid.node({ openWorker: wrongTileWorker(openThreadWorker) })
    let selfTests = 0
    const third = await grid.node({ openWorker: wrongOpinionWorker(openThreadWorker, () => selfTests++) })
    await grid.node()
    const requester = await grid.requester()
    let statement: Statement | undefined
    for (let attempt = 0; statement === undefined && attempt < 10; attempt++) {
      const { node, proof } = await untilDisputed(requester, `opinion ${attempt}`)
      expect(node).toBe(wrong.state.node)
      const { dispute } = await disputeOf(grid, proof)
      if (dispute.third?.statement.signer !== third.state.node) continue
      statement = dispute.third?.statement
      expect(statement?.body.leaf).not.toBe(dispute.expected)
    }
    expect(statement).toBeDefined()
    await expect.poll(() => selfTests, { timeout: 20_000 }).toBe(2)
    await until(third, () => third.state.phase === 'waiting')
    const convicted = (await grid.entries()).flatMap((entry) => (entry.type === 'fault' ? [entry.node] : []))
    expect(new Set(convicted)).toEqual(new Set([wrong.state.node]))
  })

  test('behaviour: earnings mature with the epochs, and the log replays to the same books', async () => {
    const grid = await openGrid({ config: { epochMs: 1_500, holdbackEpochs: 1 } })
    const [node] = await Promise.all([grid.node(), grid.node()])
    const requester = await grid.requester()
    const { body } = await requester.submit(inputs('mature'))
    expect((await requester.events(String(body.id))).at(-1)?.event).toBe('done')
    const account = () => requester.get(`/api/v1/accounts/${node.state.node}`)
    const { earned } = (await account()).body as { earned: string }
    expect(BigInt(earned)).toBeGreaterThan(0n)
    await expect
      .poll(async () => (await account()).body, { timeout: 20_000 })
      .toMatchObject({ pending: '0', balance: earned })
    expect((await grid.entries()).filter(({ type }) => type === 'epoch').length).toBeGreaterThan(1)
  })
})
