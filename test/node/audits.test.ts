// Audits on a whole grid: newcomers are audited until they have a history, forgers who hold every replica are found, auditors who lie are
// contradicted by the reference.
import { describe, expect, test } from 'vitest'
import { utf8 } from '#core/bytes.ts'
import { seededRandom } from '#core/random.ts'
import { type JobCertificate, decodeJobCertificate } from '#ledger/job-certificate.ts'
import { pendingDraws, verifyJobCertificate } from '#ledger/verify-job-certificate.ts'
import { openThreadWorker } from '#node/thread-worker.ts'
import type { CertificateBody } from '#verify/certificate.ts'
import { MATURE_AFTER } from '#verify/trust.ts'
import { ALWAYS_PPM } from '#verify/roster.ts'
import { randomMatrix } from '../support/certified-job.ts'
import { gridsOfTests } from '../support/grids-of-tests.ts'
import { slanderingWorker, wrongTileWorker } from '../support/misbehaving-nodes.ts'

const openLiveGrid = gridsOfTests()

/** A grid with a requester, whose jobs' certificates are verified with their beacons. */
async function openGrid() {
  const grid = await openLiveGrid({ config: { drawEpochMs: 500 } })
  const requester = await grid.requester()
  const finish = async (seed: string, replication: number): Promise<string> => {
    const random = seededRandom(seed)
    const inputs = [randomMatrix(random, 'i8', 40, 30), randomMatrix(random, 'i8', 30, 20)]
    const { body } = await requester.submit(inputs, { replication })
    expect((await requester.events(String(body.id))).at(-1)?.event).toBe('done')
    return String(body.id)
  }
  const certificateOf = async (job: string): Promise<JobCertificate> => {
    const response = await fetch(`${grid.url}/api/v1/jobs/${job}/certificate`)
    return decodeJobCertificate(utf8(await response.text()))
  }
  const verified = async (certificate: JobCertificate): Promise<CertificateBody> => {
    const beacons = await Promise.all(pendingDraws(certificate).map((epoch) => grid.beacon(epoch)))
    expect(await verifyJobCertificate(certificate, { beacons })).toMatchObject({ ok: true })
    return bodyOf(certificate)
  }
  const run = async (seed: string, replication: number) =>
    verified(await certificateOf(await finish(seed, replication)))
  /** The first job of at most 80 that `isWanted`. */
  const search = async (seed: string, replication: number, isWanted: (body: CertificateBody) => boolean) => {
    for (let at = 0; at < 80; at++) {
      const certificate = await certificateOf(await finish(`${seed} ${at}`, replication))
      if (isWanted(bodyOf(certificate))) return verified(certificate)
    }
    throw new Error('None of 80 jobs is what was waited for.')
  }
  const coordinator = async () => {
    const { body } = await requester.get('/api/v1/network')
    return (body.genesis as { coordinator: string }).coordinator
  }
  /** So many jobs that a node which has a part in each has a history. */
  const makeHistory = async (replication: number) => {
    await Promise.all(Array.from({ length: MATURE_AFTER }, (_, at) => finish(`history ${at}`, replication)))
  }
  return { grid, run, search, makeHistory, coordinator }
}

function bodyOf({ units: [unit] }: JobCertificate): CertificateBody {
  if (unit === undefined) throw new Error('The job has no unit.')
  return unit.body
}

describe('audits', { timeout: 180_000 }, () => {
  test('behaviour: a newcomer is audited until it has a history, then now and then', async () => {
    const { grid, run, coordinator } = await openGrid()
    await grid.node()
    const by = await coordinator()
    for (let at = 0; at < MATURE_AFTER; at++) {
      const body = await run(`newcomer ${at}`, 1)
      expect(body).toMatchObject({ assurance: 'freivalds', auditPpm: ALWAYS_PPM })
      expect(body.audit?.task.body.auditor).toBe(by)
    }
    const later = await run('mature', 1)
    // What a tenth of its stake earns at most: one in ten by its history, a quarter by what it has to lose.
    expect(later.auditPpm).toBeLessThan(ALWAYS_PPM / 3)
    expect(later.auditPpm).toBeGreaterThanOrEqual(ALWAYS_PPM / 10)
    expect(later.assurance).toBe(later.audit === null ? 'single' : 'freivalds')
  })

  test('behaviour: a newcomer beside one with a history is checked by it, and then they audit one another', async () => {
    const { grid, search, makeHistory, coordinator } = await openGrid()
    const old = await grid.node()
    await makeHistory(1)
    const fresh = await grid.node()
    const others = [old.state.node, fresh.state.node]
    const checked = await search('fresh', 1, ({ draws }) => draws[0]?.primary === fresh.state.node)
    expect(new Set(checked.replicas.map(({ lease }) => lease.body.node))).toEqual(new Set(others))
    expect(checked.auditPpm).toBeLessThan(ALWAYS_PPM)
    // With a history of its own it computes alone, and one of the two audits the other.
    const by = await coordinator()
    const audited = await search('later', 1, ({ audit }) => audit !== null && audit.task.body.auditor !== by)
    const node = audited.replicas[0]?.lease.body.node
    expect(audited.audit?.task.body.auditor).toBe(others.find((other) => other !== node))
    expect(audited.replicas).toHaveLength(1)
  })

  test('behaviour: two who agree on a forged result are both convicted, and others compute it', async () => {
    const { grid, run } = await openGrid()
    let isLying = true
    const forgers = await Promise.all(
      [0, 1].map(() => grid.node({ openWorker: wrongTileWorker(openThreadWorker, 0, () => isLying) })),
    )
    const forged = run('forged', 2)
    const honest = Promise.all([grid.node(), grid.node()])
    const body = await forged
    isLying = false
    await honest
    expect(body.assurance).toBe('freivalds')
    const entries = await grid.entries()
    const convicted = entries.flatMap((entry) => (entry.type === 'fault' ? [entry.node] : []))
    // One may have had two units by then; nobody else is convicted.
    expect(new Set<unknown>(convicted)).toEqual(new Set(forgers.map(({ state }) => state.node)))
  })

  test.each([
    ['slanders is contradicted', 0],
    ['reports a part that there is none of is passed over', 4_000],
  ])('behaviour: an auditor who %s, the next one drawn audits, and the result stands', async (_what, part) => {
    const { grid, search, makeHistory } = await openGrid()
    const liar = await grid.node({ openWorker: slanderingWorker(openThreadWorker, part) })
    const honest = await grid.node()
    // The two earn a history by the coordinator's own audits.
    await makeHistory(2)
    await grid.node()
    await grid.node()
    const isAbsent = ({ audit }: CertificateBody) => audit?.absent.some((node) => node === liar.state.node) === true
    const passed = await search('report', 2, isAbsent)
    const isReplica = passed.replicas.some(({ lease }) => lease.body.node === honest.state.node)
    if (!isReplica)
      expect(passed.audit).toMatchObject({ task: { body: { auditor: honest.state.node } }, absent: [liar.state.node] })
    expect(passed.audit?.report.body).toMatchObject({ verdict: 'valid' })
    expect((await grid.entries()).filter(({ type }) => type === 'fault')).toEqual([])
  })
})
