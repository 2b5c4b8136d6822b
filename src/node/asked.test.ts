// What a node answers to the coordinator's side tasks, and when it declines before it computes anything.
import { expect, test } from 'vitest'
import type { Digest } from '#core/digest.ts'
import { digestOf } from '#core/digest.ts'
import { signerFromSecret } from '#core/ed25519.ts'
import { seededRandom } from '#core/random.ts'
import { kindOf } from '#work/kinds.ts'
import { type Unit, unitId } from '#work/unit.ts'
import { type Asked, type AskedParts, answerTo } from './asked.ts'

const random = seededRandom('asked')
const signer = signerFromSecret(random.bytes(32))
const coordinator = signerFromSecret(random.bytes(32)).publicKey
const network = digestOf('test-network', 1)
const matrix = (rows: number, cols: number) => {
  const layout = { form: 'matrix', dtype: 'i8', rows, cols } as const
  return { id: digestOf('test-content', layout), layout }
}
const unit: Unit = {
  kind: 'matmul',
  version: 1,
  inputs: [matrix(3, 4), matrix(4, 5)],
  params: { rowStart: 0, rowEnd: 3, colStart: 0, colEnd: 5 },
}
const asked: Asked = {
  node: signer.publicKey,
  unit: unitId(unit),
  deadlineMs: 1_000,
  isSigned: (authority) => authority.network === network && authority.coordinator === coordinator,
}
const parts: AskedParts = {
  signer,
  coordinator,
  clock: { nowMs: () => 999, after: () => () => {} },
  signing: () => ({ network, checkpoint: { size: 0, root: '' as Digest } }),
  findKind: ({ kind, version }) => kindOf(kind, version),
  fetchInputs: () => Promise.resolve(new Map()),
  refusal: () => undefined,
}

test('behaviour: what the work gives is the answer', async () => {
  expect(await answerTo(asked, unit, parts, async (kind) => kind.name)).toEqual({ answer: 'matmul', reason: '' })
})

const misshapen: Unit = { ...unit, params: { ...unit.params, rowStart: 1 } }

test.each<[string, Partial<Asked>, Partial<AskedParts>, Unit, string]>([
  ['another node', { node: coordinator }, {}, unit, 'not for this node'],
  ['another unit', { unit: digestOf('test-unit', 2) }, {}, unit, 'not for this node'],
  ['a task that is late', { deadlineMs: 999 }, {}, unit, 'not for this node'],
  ['a task of somebody else', { isSigned: () => false }, {}, unit, 'not for this node'],
  ['a pause', {}, { refusal: () => 'the contributor paused: lunch' }, unit, 'lunch'],
  ['an unknown kind', { unit: unitId({ ...unit, kind: 'x' }) }, {}, { ...unit, kind: 'x' }, 'no kind of work "x"'],
  ['a unit of no product', { unit: unitId(misshapen) }, {}, misshapen, 'no unit of it'],
])('behaviour: %s is declined, and nothing is computed', async (_what, change, other, given, reason) => {
  const answered = await answerTo({ ...asked, ...change }, given, { ...parts, ...other }, () => {
    throw new Error('computed')
  })
  expect(answered).toEqual({ answer: null, reason: expect.stringContaining(reason) as unknown })
})

test('behaviour: work that fails declines, with its reason cut', async () => {
  const fails = () => Promise.reject(new Error('out of memory '.repeat(100)))
  const { answer, reason } = await answerTo(asked, unit, parts, fails)
  expect(answer).toBeNull()
  expect(reason.length).toBeGreaterThan(0)
  expect(reason.length).toBeLessThanOrEqual(300)
})
