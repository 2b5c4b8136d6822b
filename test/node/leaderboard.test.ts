// The leaderboard in process against a real store: only who asks is on it, under a name that fools nobody, and whoever leaves is gone.
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { EMPTY_ROOT } from '#core/merkle.ts'
import { type Signer, signerFromSecret } from '#core/ed25519.ts'
import { seededRandom } from '#core/random.ts'
import { signMessage } from '#core/signed.ts'
import { STATEMENT_AGE_MS } from '#coordinator/board.ts'
import { BOARD_TYPE } from '#ledger/board-statement.ts'
import { insertReceipt } from '#coordinator/store/certificates.ts'
import { creditReceipt } from '#coordinator/store/pending.ts'
import { fetchBoard, fetchTeams, stateOnBoard } from '#sdk/board.ts'
import { Http } from '#sdk/http.ts'
import { type TestApp, openTestApp } from '../support/coordinator-app.ts'

const DAY_MS = 86_400_000
const random = seededRandom('leaderboard')
let nowMs = 1_800_000_000_000
let site: TestApp
let leaf = 0

beforeAll(async () => {
  site = await openTestApp({ nowMs: () => nowMs, after: () => () => {} })
}, 120_000)
afterAll(async () => {
  expect(site.bugs).toEqual([])
  await site.close()
})
beforeEach(() => {
  nowMs += DAY_MS
})

/** A key that was paid `amount` now. */
async function earner(amount: bigint, signer: Signer = signerFromSecret(random.bytes(32))): Promise<Signer> {
  const { db } = site.grid.store
  const account = signer.publicKey
  const entry = {
    type: 'receipt',
    admissionLeaf: 1,
    unit: EMPTY_ROOT,
    certificate: EMPTY_ROOT,
    payments: [{ node: account, account, amount: amount.toString() }],
    audited: [],
  } as const
  await creditReceipt(db, entry, 1, nowMs)
  const receipt = { logIndex: leaf++, account, job: EMPTY_ROOT, unit: EMPTY_ROOT, certificate: EMPTY_ROOT }
  await insertReceipt(db, { ...receipt, amount, reason: '', atMs: nowMs })
  return signer
}

const body = (name: string | null, team: string | null = null, issuedMs = nowMs++) => ({ name, team, issuedMs })

async function state(signer: Signer, said: object, change: object = {}) {
  const context = { network: site.grid.network, checkpoint: site.grid.log.checkpoint }
  const signed = await signMessage(signer, BOARD_TYPE, context, said as ReturnType<typeof body>)
  return send({ ...signed, ...change })
}

async function send(statement: object) {
  const response = await site.app.request('/api/v1/leaderboard', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(statement),
  })
  return response.status === 204 ? 'done' : ((await response.json()) as { error: { name: string } }).error.name
}

async function board(query = ''): Promise<string[]> {
  const response = await site.app.request(`/api/v1/leaderboard${query}`)
  const { lines } = (await response.json()) as { lines: { name: string; amount: string; team: string | null }[] }
  return lines.map(({ name, amount, team }) => `${name} ${amount} ${team}`)
}

describe('the leaderboard', () => {
  test('default: who asked is on it with what it earned, in all and today, the most first; nobody else is', async () => {
    const [ana, bea] = [await earner(5n), await earner(9n)]
    await earner(100n)
    expect(await board()).toEqual([])
    expect(await state(ana, body('Ana'))).toBe('done')
    expect(await state(bea, body('Bea'))).toBe('done')
    expect(await board()).toEqual(['Bea 9 null', 'Ana 5 null'])
    nowMs += DAY_MS
    await earner(7n, ana)
    expect(await board()).toEqual(['Ana 12 null', 'Bea 9 null'])
    expect(await board('?by=day')).toEqual(['Ana 7 null'])
    for (const signer of [ana, bea]) expect(await state(signer, body(null))).toBe('done')
    expect(await board()).toEqual([])
  })

  test('behaviour: a week begins on Monday, by UTC', async () => {
    const mondayMs = Date.UTC(2028, 0, 3)
    nowMs = mondayMs - 1
    const [ana, bea] = [await earner(5n), await earner(2n)]
    expect(await state(ana, body('Ana'))).toBe('done')
    nowMs = mondayMs
    await earner(1n, bea)
    expect(await state(bea, body('Bea', 'roses'))).toBe('done')
    expect(await board('?by=week')).toEqual(['Bea 1 roses'])
    nowMs = mondayMs + 7 * DAY_MS - 10
    expect(await board('?by=day')).toEqual([])
    expect(await board('?by=week')).toEqual(['Bea 1 roses'])
    const teams = async (by: string) =>
      (await (await site.app.request(`/api/v1/leaderboard/teams?by=${by}`)).json()) as unknown
    expect(await teams('week')).toEqual({ by: 'week', teams: [{ team: 'roses', members: 1, amount: '1' }] })
    expect(await teams('day')).toEqual({ by: 'day', teams: [] })
    nowMs = mondayMs + 7 * DAY_MS
    expect(await board('?by=week')).toEqual([])
    for (const signer of [ana, bea]) expect(await state(signer, body(null))).toBe('done')
  })

  test('behaviour: who asks for an account learns its place, however far down', async () => {
    const first = await Promise.all(Array.from({ length: 101 }, (_, i) => earner(BigInt(1000 + i))))
    for (const [i, signer] of first.entries()) expect(await state(signer, body(`Rower ${i}`))).toBe('done')
    const last = await earner(1000n)
    expect(await state(last, body('Zed', 'oars'))).toBe('done')
    const ask = async (by: string, { publicKey }: Signer) => {
      const response = await site.app.request(`/api/v1/leaderboard?by=${by}&account=${publicKey}`)
      return (await response.json()) as {
        lines: { name: string }[]
        own: { name: string; place: number | null } | null
      }
    }
    const { lines, own } = await ask('total', last)
    expect(lines).toHaveLength(100)
    expect(lines[0]).toMatchObject({ name: 'Rower 100' })
    // Equal amounts are in the order of their keys.
    const isBefore = last.publicKey < (first[0]?.publicKey ?? '')
    expect(own).toEqual({
      account: last.publicKey,
      name: 'Zed',
      team: 'oars',
      amount: '1000',
      place: isBefore ? 101 : 102,
    })
    nowMs += 7 * DAY_MS
    expect((await ask('week', last)).own).toMatchObject({ name: 'Zed', amount: '0', place: null })
    expect((await ask('total', await earner(1n))).own).toBeNull()
    expect(await state(last, body(null))).toBe('done')
    expect((await ask('total', last)).own).toBeNull()
    for (const signer of first) await state(signer, body(null))
  })

  test('behaviour: what a fault took is not counted', async () => {
    const liar = await earner(50n)
    await site.grid.store.db
      .updateTable('accounts')
      .set({ burned: 20n })
      .where('account', '=', liar.publicKey)
      .execute()
    await state(liar, body('Carlo'))
    expect(await board()).toContain('Carlo 30 null')
  })

  test('behaviour: teams are what their members earned together', async () => {
    const [a, b, c] = [await earner(1n), await earner(2n), await earner(4n)]
    await state(a, body('Dora', 'roses'))
    await state(b, body('Emil', 'roses'))
    await state(c, body('Fritz', 'tulips'))
    expect(await board('?team=roses')).toEqual(['Emil 2 roses', 'Dora 1 roses'])
    const teams = async () => await (await site.app.request('/api/v1/leaderboard/teams')).json()
    expect(await teams()).toEqual({
      by: 'total',
      teams: [
        { team: 'tulips', members: 1, amount: '4' },
        { team: 'roses', members: 2, amount: '3' },
      ],
    })
    await state(c, body('Fritz'))
    await state(a, body(null))
    expect(await teams()).toEqual({ by: 'total', teams: [{ team: 'roses', members: 1, amount: '2' }] })
  })

  test('behaviour: leaving erases the name, frees it, and an older word does not bring it back', async () => {
    const [gil, other] = [await earner(3n), await earner(3n)]
    const joined = body('Gil')
    expect(await state(gil, joined)).toBe('done')
    expect(await state(other, body('G1l'))).toBe('coordinator.NameTaken')
    expect(await state(gil, body(null))).toBe('done')
    const rows = await site.grid.store.db.selectFrom('board').selectAll().where('account', '=', gil.publicKey).execute()
    expect(rows).toMatchObject([{ name: null, look: null, team: null }])
    expect(await state(gil, joined)).toBe('coordinator.StaleStatement')
    expect(await state(other, body('G1l'))).toBe('done')
    // Once no word of before counts any more nothing is kept of who left.
    nowMs += 3 * STATEMENT_AGE_MS
    await state(other, body('Gil'))
    expect(
      await site.grid.store.db.selectFrom('board').selectAll().where('account', '=', gil.publicKey).execute(),
    ).toEqual([])
  })

  test('behaviour: the client puts its account on the board, reads its place and takes it off', async () => {
    const http = new Http('http://coordinator.test', {
      fetch: async (url, init) => site.app.request(new URL(url).pathname + new URL(url).search, init),
      clock: { nowMs: () => nowMs++, after: () => () => {} },
      random,
    })
    const context = { network: site.grid.network, checkpoint: site.grid.log.checkpoint }
    nowMs += 7 * DAY_MS
    expect(await fetchBoard(http, 'week', null)).toEqual({ by: 'week', lines: [], own: null })
    const kim = await earner(6n)
    await stateOnBoard(http, kim, context, { name: 'Kim', team: 'reeds' })
    const line = { account: kim.publicKey, name: 'Kim', team: 'reeds', amount: '6' }
    expect((await fetchBoard(http, 'week', kim.publicKey)).own).toEqual({ ...line, place: 1 })
    expect((await fetchBoard(http, 'total', kim.publicKey)).lines).toContainEqual(line)
    expect(await fetchTeams(http, 'day')).toEqual([{ team: 'reeds', members: 1, amount: '6' }])
    await expect(stateOnBoard(http, kim, context, { name: '!', team: null })).rejects.toMatchObject({
      name: 'coordinator.BoardName',
      kind: 'input',
    })
    await stateOnBoard(http, kim, context, null)
    expect((await fetchBoard(http, 'total', kim.publicKey)).own).toBeNull()
  })

  test('error: what is forged, stale, unearned or no name', async () => {
    const [hal, other] = [await earner(3n), await earner(3n)]
    const stale = STATEMENT_AGE_MS + 1
    expect(await state(hal, body('Hal'), { signer: other.publicKey })).toBe('coordinator.BadSignature')
    expect(await state(hal, body('Hal'), { body: body('Ida') })).toBe('coordinator.BadSignature')
    expect(await state(hal, body('Hal'), { type: 'account' })).toBe('coordinator.BadSignature')
    expect(await state(hal, body('Hal', null, nowMs - stale))).toBe('coordinator.StaleStatement')
    expect(await state(hal, body('Hal', null, nowMs + stale))).toBe('coordinator.StaleStatement')
    expect(await state(signerFromSecret(random.bytes(32)), body('Jan'))).toBe('coordinator.NothingEarned')
    for (const name of ['x', 'y'.repeat(25), '\u202Eevil', 'pаypal', ' Hal'])
      expect(await state(hal, body(name))).toBe('coordinator.BoardName')
    for (const team of ['A', 'two words', '-x'])
      expect(await state(hal, body('Hal', team))).toBe('coordinator.BoardName')
    expect(await state(hal, body(null, 'roses'))).toBe('coordinator.BoardName')
    expect(await state(hal, body('z'.repeat(65)))).toBe('core.Schema')
    expect(await state(hal, { ...body('Hal'), more: 1 })).toBe('core.Schema')
    for (const query of ['?team=Roses', '?by=hour', '?account=Roses'])
      expect((await site.app.request(`/api/v1/leaderboard${query}`)).status).toBe(400)
    expect((await board()).filter((line) => line.startsWith('Hal'))).toEqual([])
  })
})
