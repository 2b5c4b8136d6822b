// Draws of replacements come out the same for whoever draws again, whoever was lost when.
import { describe, expect, test } from 'vitest'
import { type Digest, digestOf } from '#core/digest.ts'
import type { PublicKey } from '#core/ed25519.ts'
import { type Random, randomInt, seededRandom } from '#core/random.ts'
import { type RosterEntry, rosterRoot } from '#verify/roster.ts'
import { drawOutcomes, namedNodes } from '#verify/verify-draw.ts'
import { verdictOf } from '#verify/verdict.ts'
import type { CertificateBody } from '#verify/certificate.ts'
import type { Lease } from '#work/lease.ts'
import { unitId } from '#work/unit.ts'
import type { JobRecord } from '#coordinator/store/jobs.ts'
import type { UnitRecord } from '#coordinator/store/units.ts'
import type { Draft } from './rosters.ts'
import { UnitDraws } from './unit-draws.ts'

const NETWORK = digestOf('test', 'network')
const SECRET = { epoch: 7, secret: digestOf('test', 'secret') }
const KIND = { name: 'matmul', version: 1 }
const SEED = 'unit-draws'

/** A roster of eight, two of whom share an account and two have a history. */
function rosterOf(unit: string): RosterEntry[] {
  return Array.from({ length: 8 }, (_, at) => ({
    node: digestOf('test', { unit, at }) as Digest & PublicKey,
    groups: [digestOf('test', at < 2 ? 'shared' : String(at))],
    kinds: [KIND],
    ratedMops: 1,
    stake: '0',
    auditPpm: at < 3 && at > 0 ? 100_000 : 1_000_000,
  })).sort((a, b) => (a.node < b.node ? -1 : 1))
}

/** Draws three replicas and then replacements, while one after the other is lost, some of them only after others were drawn. */
function drawn(random: Random, number: number) {
  const roster = rosterOf(String(number))
  const draft: Draft = { root: rosterRoot(roster), nodes: roster, live: new Map() }
  const inputs = [{ id: digestOf('test', number), layout: { form: 'blob', sizeBytes: 1 } }] as const
  const unit = { kind: KIND.name, version: KIND.version, params: {}, inputs }
  const job = { id: digestOf('test', { job: number }), admissionLeaf: 3 } as JobRecord
  const draws = new UnitDraws(NETWORK, job, { unit, id: unitId(unit), job: job.id, number } as unknown as UnitRecord)
  const rosters = new Map<Digest, readonly RosterEntry[]>()
  const lost = new Set<PublicKey>()
  for (let attempt = 1; attempt <= 4; attempt++) {
    const primary = attempt === 1 ? (roster[randomInt(random, roster.length)]?.node ?? null) : null
    const plan = draws.plan({ attempt, draft, secret: SECRET, primary, count: attempt === 1 ? 2 : 1 })
    rosters.set(plan.rosterRoot, plan.draft.nodes)
    draws.add(plan, 1, () =>
      plan.entries.map(({ node }) => ({ lease: { body: { node } } as Lease, decline: null, isAbsent: lost.has(node) })),
    )
    const present = draws.records().flatMap((record) => namedNodes(record))
    const victims = present.filter((node) => !lost.has(node))
    const victim = victims[randomInt(random, victims.length)]
    if (victims.length > 1 && victim !== undefined && randomInt(random, 2) === 0) lost.add(victim)
  }
  const body = {
    unit,
    job: job.id,
    admissionLeaf: 3,
    draws: draws.records(),
    replicas: [],
  } as unknown as CertificateBody
  return { body, rosters }
}

describe('replacements', () => {
  test('behaviour: 200 units (seed: unit-draws) lose one node after the other, and every draw comes out the same', () => {
    const random = seededRandom(SEED)
    for (let number = 0; number < 200; number++) {
      const { body, rosters } = drawn(random, number)
      const sources = { rosters, secretOf: () => ({ secret: SECRET.secret, chainLeaf: 0 }) }
      expect(verdictOf(drawOutcomes(body, NETWORK, sources)), `unit ${number}`).toMatchObject({ ok: true })
    }
  })

  test('behaviour: who has a part in the unit, or shares something with one who has, is on no roster of a replacement', () => {
    const { body, rosters } = drawn(seededRandom(SEED), 1)
    const [first, second] = body.draws
    const engaged = [first?.primary, ...(first?.drawn ?? [])].filter(
      (node) => !first?.absent.some(({ lease }) => lease.body.node === node),
    )
    const replacement = rosters.get(second?.rosterRoot ?? ('' as Digest)) ?? []
    expect(engaged.length).toBeGreaterThan(0)
    expect(replacement.length).toBeLessThan(8)
    for (const node of engaged) expect(replacement.map((entry) => entry.node)).not.toContain(node)
  })
})
