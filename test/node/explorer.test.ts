// The explorer without its page: what it finds in a log and in certificates that are true, and in those that are not.
import { describe, expect, test } from 'vitest'
import type { Digest } from '#core/digest.ts'
import { decodeFork, verifyFork } from '#ledger/fork.ts'
import { utf8 } from '#core/bytes.ts'
import type { Explorer } from '#sdk/explore/explorer.ts'
import type { LogMemory } from '#sdk/explore/log-reader.ts'
import type { RecomputeStep } from '#sdk/explore/recompute-unit.ts'
import { type Lies, certifyMatmul } from '../support/certified-job.ts'
import { checkedUnit, explorerOf as explorerAt, memoryOf } from '../support/explorer-of.ts'
import { ToldLog, missing } from '../support/told-log.ts'

const SIZES = { m: 300, k: 40, n: 280 }

async function open(seed: string, lies: Lies = {}, memory = memoryOf()) {
  console.log(`seed: ${seed}`)
  const log = await ToldLog.open(await certifyMatmul(seed, { ...SIZES, ...lies }))
  return { log, memory, explorer: explorerOf(log, memory) }
}

function explorerOf(log: ToldLog, memory: LogMemory): Explorer {
  const fetch = async (url: string, init: RequestInit) => {
    const { pathname, search } = new URL(url)
    return log.app.request(`${pathname}${search}`, init)
  }
  return explorerAt('http://localhost:1', fetch, memory)
}

function checked(explorer: Explorer, log: ToldLog) {
  return checkedUnit(explorer, { by: 'unit', id: log.unit })
}

describe('log', () => {
  test('default: every entry is proven under the signed checkpoint, newest first', async () => {
    const { explorer, log } = await open('explorer/log')
    const state = await explorer.look()
    expect(state).toMatchObject({ size: log.entries.length, remembered: null, alarm: null })
    const rows = await explorer.page(state.size)
    expect(rows.map(({ index }) => index)).toEqual(log.entries.map((_, at) => log.entries.length - 1 - at))
    expect(rows.map(({ doubt }) => doubt)).toEqual(log.entries.map(() => null))
    expect(rows.at(-1)?.entry).toEqual(log.entries[0])
  })

  test('behaviour: a page ends before the entry that is asked for', async () => {
    const { explorer } = await open('explorer/page')
    await explorer.look()
    expect((await explorer.page(2)).map(({ index }) => index)).toEqual([1, 0])
    expect(await explorer.page(0)).toEqual([])
  })

  test('behaviour: an entry that is not the one in the log is not proven, and says so', async () => {
    const { explorer, log } = await open('explorer/tampered')
    const [, admission] = log.entries
    log.told.set(1, { ...admission, escrow: '1' })
    log.told.set(2, { type: 'invention', at: 1.5 })
    await explorer.look()
    const rows = await explorer.page(log.entries.length)
    const doubts = new Map(rows.map(({ index, doubt }) => [index, doubt]))
    expect(doubts.get(1)).toBe('not-in-log')
    expect(doubts.get(2)).toBe('no-entry')
    expect(doubts.get(0)).toBeNull()
  })

  test('limit: an entry nested 100,000 deep is none, and the others are there', async () => {
    const { explorer, log } = await open('explorer/deep')
    const { length } = log.entries
    const entries = log.entries.map((entry, index) => JSON.stringify({ index, entry }))
    entries[1] = `{"index":1,"entry":${'['.repeat(100_000)}${']'.repeat(100_000)}}`
    const text = `{"entries":[${entries.join(',')}]}`
    log.answers.set('/api/v1/log/entries', () => new Response(text))
    await explorer.look()
    const rows = await explorer.page(length)
    expect(rows.filter(({ doubt }) => doubt !== null).map(({ index }) => index)).toEqual([1])
    expect(rows.find(({ index }) => index === 1)?.doubt).toBe('no-entry')
  })

  test('behaviour: an entry of a form that is unknown here is proven all the same', async () => {
    const { explorer, log } = await open('explorer/unknown')
    await log.show([...log.entries, { type: 'invention', at: 1 } as never])
    const { size } = await explorer.look()
    const [newest] = await explorer.page(size)
    expect(newest).toMatchObject({ entry: null, doubt: null, index: size - 1 })
  })

  test('behaviour: without the tiles nothing is proven', async () => {
    const { explorer, log } = await open('explorer/no-tiles')
    log.answers.set(`/api/v1/log/tile/0/000.p/${log.entries.length}`, () => missing('tile'))
    const { size } = await explorer.look()
    const rows = await explorer.page(size)
    expect(rows.every(({ doubt, detail }) => doubt === 'no-proof' && detail !== '')).toBe(true)
  })
})

describe('alarms', () => {
  const grant = { type: 'grant', account: 'ab'.repeat(32), amount: '1' } as const

  test('behaviour: a log that grows continues what was seen', async () => {
    const { explorer, log, memory } = await open('explorer/grows')
    await explorer.look()
    await log.show([...log.entries, grant as never])
    const again = await explorerOf(log, memory).look()
    expect(again).toMatchObject({ remembered: log.entries.length, size: log.entries.length + 1, alarm: null })
  })

  test('behaviour: a fork is an alarm with a proof that anyone can check, and stays one', async () => {
    const { explorer, log, memory } = await open('explorer/fork')
    await explorer.look()
    await log.show([...log.entries.slice(0, -1), grant as never, grant as never])
    const { alarm } = await explorer.look()
    expect(alarm).toMatchObject({ kind: 'fork', isProof: true, isNow: true })
    expect(verifyFork(decodeFork(utf8(alarm?.document ?? '')))).toMatchObject({ ok: true })
    // The true log again: what happened is not undone by that.
    await log.show([...log.entries, grant as never])
    const later = await explorerOf(log, memory).look()
    expect(later.alarm).toMatchObject({ kind: 'fork', isNow: false, document: alarm?.document })
    expect((await explorerOf(log, memory).beginAnew()).alarm).toBe(null)
    expect((await explorerOf(log, memory).look()).alarm).toBe(null)
  })

  test('behaviour: a shorter log is an alarm with both checkpoints, and nothing is forgotten', async () => {
    const { explorer, log, memory } = await open('explorer/rollback')
    await explorer.look()
    const seen = memory.kept.get('seen')
    await log.show(log.entries.slice(0, 3))
    const { alarm } = await explorer.look()
    expect(alarm).toMatchObject({ kind: 'rollback', isProof: false })
    expect(JSON.parse(alarm?.document ?? '')).toMatchObject({ before: { size: log.entries.length }, now: { size: 3 } })
    expect(memory.kept.get('seen')).toBe(seen)
  })

  test('behaviour: another network at the same address is an alarm until the visitor begins anew', async () => {
    const { explorer, memory } = await open('explorer/one')
    await explorer.look()
    const other = await open('explorer/another', {}, memory)
    expect((await other.explorer.look()).alarm?.kind).toBe('other-network')
    expect((await other.explorer.beginAnew()).alarm).toBe(null)
    expect((await other.explorer.look()).alarm).toBe(null)
  })

  test('behaviour: what a browser kept that is not ours counts as nothing', async () => {
    for (const text of ['', '{', '{"network":1}']) {
      const memory = memoryOf(
        new Map([
          ['seen', text],
          ['alarm', text],
        ]),
      )
      expect(await (await open('explorer/kept', {}, memory)).explorer.look()).toMatchObject({
        remembered: null,
        alarm: null,
      })
    }
  })
})

describe('unit', () => {
  test('default: every check passes, and says which draws wait for their secret', async () => {
    const { explorer, log } = await open('explorer/unit')
    const { verdict, checks, failed } = await checked(explorer, log)
    expect(failed).toEqual([])
    expect(verdict).toEqual({ isValid: true, pendingEpochs: [7] })
    const names = new Set(checks.map(({ check }) => check))
    for (const name of ['certificate-signature', 'reveal', 'draw', 'audit', 'admission', 'receipt', 'price'] as const)
      expect(names).toContain(name)
  })

  test('behaviour: it is found by its certificate as well, and told in plain words', async () => {
    const { explorer, log } = await open('explorer/by-certificate')
    const record = await explorer.openUnit({ by: 'certificate', id: log.certificate })
    expect(record).toMatchObject({ unit: log.unit, id: log.certificate, state: 'done' })
    expect(record.facts).toMatchObject({
      what: 'Multiplied a 300 x 40 and a 40 x 280 matrix',
      parts: 4,
      comparison: 'exact',
    })
  })

  test('behaviour: another certificate than the one that was asked for fails the first check', async () => {
    const { explorer, log } = await open('explorer/swapped')
    const other = await certifyMatmul('explorer/other', SIZES)
    log.answers.set(`/api/v1/certificates/${log.certificate}`, () => Response.json(other.certificate.units[0]))
    const { verdict, failed } = await checked(explorer, log)
    expect(verdict.isValid).toBe(false)
    expect(failed.map(({ check }) => check)).toEqual(['form'])
  })

  test('behaviour: a receipt that names another certificate fails, and nothing after it is checked', async () => {
    const { explorer, log } = await open('explorer/receipt')
    const receipt = log.entries.at(-1)
    const entries = [...log.entries.slice(0, -1), { ...receipt, certificate: 'cd'.repeat(32) as Digest } as never]
    await log.show(entries)
    const { failed, checks } = await checked(explorer, log)
    expect(failed.map(({ check }) => check)).toEqual(['receipt'])
    expect(checks.at(-1)).toBe(failed[0])
  })

  test('behaviour: a price that is not listed fails', async () => {
    const { explorer, log } = await open('explorer/price', { price: 12_345n })
    expect((await checked(explorer, log)).failed.map(({ check }) => check)).toEqual(['price'])
  })

  test('error: a unit that nobody asked for is the coordinator’s NotFound', async () => {
    const { explorer } = await open('explorer/missing')
    await expect(explorer.openUnit({ by: 'unit', id: 'ef'.repeat(32) as Digest })).rejects.toMatchObject({
      name: 'coordinator.NotFound',
    })
  })
})

describe('compute it again', () => {
  async function again(explorer: Explorer, log: ToldLog) {
    await explorer.openUnit({ by: 'unit', id: log.unit })
    const steps: RecomputeStep[] = []
    const end = await explorer.recompute((step) => steps.push(step))
    return { end, steps }
  }

  test('default: every part comes out the same, one by one', async () => {
    const { explorer, log } = await open('explorer/again')
    const { end, steps } = await again(explorer, log)
    expect(end).toEqual({ same: 4, different: [], problems: [] })
    expect(steps[0]).toMatchObject({ step: 'device', device: { backend: 'cpu', isSoftware: true, note: '' } })
    expect(steps.flatMap((step) => (step.step === 'part' ? [step.part] : []))).toEqual([0, 1, 2, 3])
  })

  test('behaviour: a part on which all replicas lied comes out differently, and the others do not', async () => {
    const { explorer, log } = await open('explorer/false', { wrongPart: 2 })
    // Nothing that is signed shows it.
    expect((await checked(explorer, log)).failed).toEqual([])
    expect((await again(explorer, log)).end).toEqual({ same: 3, different: [2], problems: [] })
  })

  test('behaviour: tags of nodes that did not compute are a problem of their own', async () => {
    const { explorer, log } = await open('explorer/tags', { hasWrongTags: true })
    const { end } = await again(explorer, log)
    expect(end.different).toEqual([])
    expect(end.problems[0]).toMatchObject({ check: 'possession' })
    expect(end.problems[0]?.reason).toContain('The possession tag of node')
  })

  test('behaviour: inputs that are not the named ones are found before anything is computed', async () => {
    const { explorer, log } = await open('explorer/inputs')
    const { unit } = (await explorer.openUnit({ by: 'unit', id: log.unit })).certificate?.body ?? { unit: null }
    const id = unit?.inputs[0]?.id ?? ''
    log.answers.set(`/api/v1/contents/${id}/parts/0`, () => new Response(new Uint8Array(256 * 40)))
    const { end } = await again(explorer, log)
    expect(end).toMatchObject({ same: 0, different: [] })
    expect(end.problems).toHaveLength(1)
  })

  test('behaviour: inputs that the coordinator no longer keeps are an error, not a verdict', async () => {
    const { explorer, log } = await open('explorer/swept')
    const record = await explorer.openUnit({ by: 'unit', id: log.unit })
    log.answers.set(`/api/v1/contents/${record.facts?.inputs[0]?.id}`, () =>
      missing('content', 'coordinator.UnknownContent'),
    )
    await expect(explorer.recompute(() => undefined)).rejects.toMatchObject({ name: 'coordinator.UnknownContent' })
  })

  test('behaviour: a stop ends it', async () => {
    const { explorer, log } = await open('explorer/stop')
    await explorer.openUnit({ by: 'unit', id: log.unit })
    const running = explorer.recompute(() => void explorer.stop())
    await expect(running).rejects.toMatchObject({ name: 'AbortError' })
  })
})
