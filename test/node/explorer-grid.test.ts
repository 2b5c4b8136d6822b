// Units of a whole grid as the explorer finds them: certified, asked for again, disputed, waiting, and given up.
import { describe, expect, test } from 'vitest'
import type { Digest } from '#core/digest.ts'
import { seededRandom } from '#core/random.ts'
import { openThreadWorker } from '#node/thread-worker.ts'
import { kindOf } from '#work/kinds.ts'
import { unitId } from '#work/unit.ts'
import { type HeldContent, randomMatrix } from '../support/certified-job.ts'
import { checkedUnit, explorerOf } from '../support/explorer-of.ts'
import { gridsOfTests } from '../support/grids-of-tests.ts'
import { wrongTileWorker } from '../support/misbehaving-nodes.ts'

const openGrid = gridsOfTests()

function inputs(seed: string): HeldContent[] {
  const random = seededRandom(seed)
  return [randomMatrix(random, 'i8', 40, 30), randomMatrix(random, 'i8', 30, 300)]
}

/** The one unit of a product of `inputs`. */
function unitOf(inputs: readonly HeldContent[]): Digest {
  const [unit] = kindOf('matmul', 1).split({ params: {}, inputs: inputs.map(({ ref }) => ref) })
  if (unit === undefined) throw new RangeError('The job has no units.')
  return unitId(unit)
}

describe('units of a grid', { timeout: 180_000 }, () => {
  test('default: every check of a certified unit passes, the draw too once its secret is out, and it comes out the same', async () => {
    const grid = await openGrid({ config: { drawEpochMs: 1_000 } })
    await Promise.all([grid.node(), grid.node()])
    const requester = await grid.requester()
    const asked = inputs('explorer-grid')
    const { body } = await requester.submit(asked)
    expect((await requester.events(String(body.id))).at(-1)?.event).toBe('done')
    const explorer = explorerOf(grid.url, fetch)
    const name = { by: 'unit', id: unitOf(asked) } as const
    await expect
      .poll(async () => (await checkedUnit(explorer, name)).verdict.pendingEpochs, { timeout: 60_000 })
      .toEqual([])
    const { record, verdict, failed } = await checkedUnit(explorer, name)
    expect(failed).toEqual([])
    expect(verdict.isValid).toBe(true)
    expect(record).toMatchObject({ state: 'done', others: [], disputes: [], faults: [] })
    expect(await explorer.recompute(() => undefined)).toEqual({ same: 2, different: [], problems: [] })
    // Asked for again it is served from the cache, and the page is the same.
    const second = await grid.requester()
    const again = await second.submit(asked)
    expect((await second.events(String(again.body.id))).at(-1)?.event).toBe('done')
    const later = await checkedUnit(explorer, name)
    expect(later.failed).toEqual([])
    expect(later.record).toMatchObject({ state: 'done', id: record.id, receipt: record.receipt, others: [] })
  })

  test('behaviour: a disputed unit names the dispute and the proven fault, and its certificate holds', async () => {
    const grid = await openGrid()
    const wrong = await grid.node({ openWorker: wrongTileWorker(openThreadWorker) })
    await Promise.all([grid.node(), grid.node()])
    const requester = await grid.requester()
    const explorer = explorerOf(grid.url, fetch)
    // The draw decides when the wrong node has a part in it.
    for (let attempt = 0; attempt < 20; attempt++) {
      const asked = inputs(`explorer-grid/disputed ${attempt}`)
      const { body } = await requester.submit(asked)
      const events = await requester.events(String(body.id))
      expect(events.at(-1)?.event).toBe('done')
      const { record, failed } = await checkedUnit(explorer, { by: 'unit', id: unitOf(asked) })
      expect(failed).toEqual([])
      if (!events.some(({ event }) => event === 'dispute')) {
        expect(record).toMatchObject({ disputes: [], faults: [] })
        continue
      }
      expect(record.faults).toMatchObject([{ node: wrong.state.node, cause: 'wrong-part' }])
      expect(record.disputes).toMatchObject([{ part: 0 }])
      const groups = record.disputes[0]?.groups ?? []
      const lying = groups.filter(({ leaf }) => leaf !== record.disputes[0]?.expected)
      expect(lying.flatMap(({ nodes }) => nodes)).toEqual([wrong.state.node])
      // The proof convicts it in the visitor's browser too, and says nothing about another entry.
      const [fault] = record.faults
      if (fault === undefined) throw new Error('No fault was named.')
      expect(await explorer.checkFault(fault)).toEqual({ reason: '' })
      expect(await explorer.checkFault({ ...fault, logIndex: 0 })).toEqual({
        reason: 'Entry 0 is not about this fault.',
      })
      return
    }
    throw new Error('Nothing was disputed.')
  })

  test('behaviour: a unit waits without nodes, and is given up when its job is cancelled', async () => {
    const grid = await openGrid()
    const requester = await grid.requester()
    const asked = inputs('explorer-grid/waiting')
    const explorer = explorerOf(grid.url, fetch)
    const name = { by: 'unit', id: unitOf(asked) } as const
    await expect(explorer.openUnit(name)).rejects.toMatchObject({ name: 'coordinator.NotFound' })
    const { body } = await requester.submit(asked)
    expect(await explorer.openUnit(name)).toMatchObject({ state: 'waiting', certificate: null, receipt: null })
    await requester.send(
      'DELETE',
      `/api/v1/jobs/${String(body.id)}`,
      await requester.sign('cancel', { job: body.id as Digest }),
    )
    expect(await explorer.openUnit(name)).toMatchObject({ state: 'failed', certificate: null })
  })
})
