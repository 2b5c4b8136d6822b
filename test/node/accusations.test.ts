// Accusations of equivocation at a real coordinator: what convicts, what does not, and how often one may ask.
import { afterEach, describe, expect, test } from 'vitest'
import { utf8 } from '#core/bytes.ts'
import { digestOf } from '#core/digest.ts'
import { seededRandom, systemRandom } from '#core/random.ts'
import { ACCUSE_LIMIT } from '#net/protocols/accuse/constants.ts'
import { accuse } from '#net/protocols/accuse/handler.ts'
import { accusationSchema } from '#net/protocols/accuse/messages.ts'
import { HEARTBEAT_MS } from '#net/protocols/lease/constants.ts'
import type { NodeLease, Offer } from '#net/protocols/lease/handler.ts'
import type { FromCoordinator } from '#net/protocols/lease/messages.ts'
import { verifyFault } from '#sdk/index.ts'
import { openingNonce, openingOf, signCommitment } from '#verify/commit.ts'
import type { Commitment } from '#verify/commitment.ts'
import type { Lease } from '#work/lease.ts'
import * as v from 'valibot'
import { randomMatrix } from '../support/certified-job.ts'
import { gridsOfTests } from '../support/grids-of-tests.ts'
import type { LiveGrid } from '../support/live-grid.ts'
import { type Puppet, hearAll, openPuppet } from '../support/lease-puppet.ts'

const random = seededRandom('accusations')
const openGrid = gridsOfTests()
const puppets: Puppet[] = []
afterEach(async () => {
  for (const puppet of puppets.splice(0)) await puppet.close()
})

/** A node that has accepted a lease, and what it hears on it from then on. */
type Holder = {
  readonly puppet: Puppet
  readonly lease: Lease
  readonly stream: NodeLease
  readonly heard: Promise<readonly FromCoordinator[]>
}

async function accuserAt(grid: LiveGrid): Promise<Puppet> {
  const puppet = await openPuppet(grid.url, async () => undefined)
  puppets.push(puppet)
  return puppet
}

async function holderAt(grid: LiveGrid, dtype: 'i8' | 'f32' = 'i8'): Promise<Holder> {
  const taken = Promise.withResolvers<{ offer: Offer; stream: NodeLease; heard: Holder['heard'] }>()
  const puppet = await openPuppet(grid.url, async (offer, stream) => {
    await stream.say({ say: 'accept' })
    stayAlive(stream)
    const heard = hearAll(stream)
    taken.resolve({ offer, stream, heard })
    await heard
  })
  puppets.push(puppet)
  const requester = await grid.requester()
  const inputs = [randomMatrix(random, dtype, 6, 5), randomMatrix(random, dtype, 5, 7)]
  await requester.submit(inputs, { replication: 1, deadlineMs: 3_600_000 })
  const { offer, stream, heard } = await taken.promise
  return { puppet, lease: offer.lease, stream, heard }
}

function stayAlive(stream: NodeLease): void {
  if (stream.ended.aborted) return
  stream.say({ say: 'alive' }).catch(() => undefined)
  setTimeout(() => stayAlive(stream), HEARTBEAT_MS)
}

/** One of the many things that the holder may commit to. */
function commitment({ lease, puppet }: Pick<Holder, 'lease' | 'puppet'>, name: string): Promise<Commitment> {
  const root = digestOf('test', name)
  const opening = openingOf(lease, { root, tag: root, nonce: openingNonce(systemRandom) })
  return signCommitment(puppet.signer, puppet.context, opening)
}

const faultsOf = async (grid: LiveGrid) => (await grid.entries()).filter(({ type }) => type === 'fault')

describe('an accusation', { timeout: 60_000 }, () => {
  test('default: one commitment against the one that was given; the holder hears of it, and anyone can check', async () => {
    const grid = await openGrid()
    const holder = await holderAt(grid)
    await holder.stream.say({ say: 'committed', commitment: await commitment(holder, 'given') })
    const accuser = await accuserAt(grid)
    const told = { lease: holder.lease, commitments: [await commitment(holder, 'told')] }
    const { fault } = await accuse(accuser.peer, accuser.peer.coordinator, told)
    expect((await holder.heard).at(-1)).toMatchObject({ say: 'rejected', fault })
    const text = utf8(await (await fetch(`${grid.url}/api/v1/faults/${fault}`)).text())
    expect((await verifyFault(text)).verdict).toMatchObject({ ok: true })
    // The same again, or a third commitment, is no second fault.
    for (const name of ['told', 'another']) {
      const commitments = [await commitment(holder, name), await commitment(holder, 'given')]
      const again = await accuse(accuser.peer, accuser.peer.coordinator, { lease: holder.lease, commitments })
      expect(again.fault).toBe(fault)
    }
    expect(await faultsOf(grid)).toHaveLength(1)
    expect(await holder.puppet.hello()).toMatchObject({ outcome: 'refused' })
  })

  test('behaviour: what the coordinator hears twice itself is enough', async () => {
    const grid = await openGrid()
    const holder = await holderAt(grid)
    for (const name of ['first', 'second'])
      await holder.stream.say({ say: 'committed', commitment: await commitment(holder, name) })
    await holder.heard
    await expect.poll(() => faultsOf(grid), { timeout: 10_000 }).toHaveLength(1)
  })

  test('behaviour: what does not convict changes nothing', async () => {
    const grid = await openGrid()
    const holder = await holderAt(grid)
    const accuser = await accuserAt(grid)
    const { lease } = holder
    const ask = (commitments: readonly Commitment[], under = lease) =>
      accuse(accuser.peer, accuser.peer.coordinator, { lease: under, commitments })
    const given = await commitment(holder, 'given')
    expect(await ask([given])).toEqual({
      fault: null,
      reason: 'There is no other commitment under that lease to hold it against.',
    })
    await holder.stream.say({ say: 'committed', commitment: given })
    await expect.poll(async () => (await ask([given])).reason).toContain('do not contradict one another')
    // A lie in the holder's name, and one under a lease that nobody gave.
    const planted = await commitment({ lease, puppet: accuser }, 'planted')
    expect((await ask([planted])).fault).toBeNull()
    const forged = { ...lease, body: { ...lease.body, attempt: lease.body.attempt + 1 } }
    const under = { lease: forged, puppet: holder.puppet }
    const pair = [await commitment(under, 'one'), await commitment(under, 'two')]
    expect((await ask(pair, forged)).reason).toContain('not signed by the coordinator')
    expect(await faultsOf(grid)).toEqual([])
  })

  test('behaviour: in a kind without a reference it is logged, and nothing is forfeit', async () => {
    const grid = await openGrid()
    const holder = await holderAt(grid, 'f32')
    const accuser = await accuserAt(grid)
    const commitments = [await commitment(holder, 'one'), await commitment(holder, 'two')]
    const { fault } = await accuse(accuser.peer, accuser.peer.coordinator, { lease: holder.lease, commitments })
    expect(fault).not.toBeNull()
    const entries = await grid.entries()
    expect(entries.filter(({ type }) => type === 'fault')).toHaveLength(1)
    expect(entries.filter(({ type }) => type === 'forfeit')).toHaveLength(0)
    await holder.heard
    expect(await holder.puppet.hello()).toMatchObject({ outcome: 'admitted' })
  })

  test(`limit: ${ACCUSE_LIMIT.burst} in a row, the next is refused`, async () => {
    const grid = await openGrid()
    const holder = await holderAt(grid)
    const accuser = await accuserAt(grid)
    const accusation = { lease: holder.lease, commitments: [await commitment(holder, 'one')] }
    for (let times = 0; times < ACCUSE_LIMIT.burst; times++)
      expect((await accuse(accuser.peer, accuser.peer.coordinator, accusation)).fault).toBeNull()
    await expect(accuse(accuser.peer, accuser.peer.coordinator, accusation)).rejects.toThrow('the peer closed it')
  })

  test('limit: one commitment or two; none and three are malformed', async () => {
    const grid = await openGrid()
    const holder = await holderAt(grid)
    const one = await commitment(holder, 'one')
    const fits = (count: number) =>
      v.safeParse(accusationSchema, { lease: holder.lease, commitments: Array.from({ length: count }, () => one) })
        .success
    expect([0, 1, 2, 3].map(fits)).toEqual([false, true, true, false])
  })
})
