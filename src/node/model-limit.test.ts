// Which models a device takes.
import { expect, test } from 'vitest'
import { EMPTY_ROOT } from '#core/merkle.ts'
import type { Unit } from '#work/unit.ts'
import { MAX_LOADABLE_BYTES, NoRoomError, assertRoom, modelLimitBytes, modelRefusal } from './model-limit.ts'

const GIB = 2 ** 30
const unitOf = (sizeBytes: number): Unit => ({
  kind: 'test',
  version: 1,
  inputs: [{ id: EMPTY_ROOT, layout: { form: 'blob', sizeBytes } }],
  params: {},
})

test('default: two fifths of the memory, and never more than 32-bit addresses hold', () => {
  expect(modelLimitBytes(2.5 * GIB)).toBe(GIB)
  expect(modelLimitBytes(1024 * GIB)).toBe(MAX_LOADABLE_BYTES)
})

test('limit: a model of the limit is taken, one byte more is declined with both figures', () => {
  const kind = { files: () => [0] }
  expect(modelRefusal(unitOf(1000), kind, 1000)).toBeUndefined()
  expect(modelRefusal(unitOf(1001), kind, 1000)).toBe(
    'the model has 1001 bytes, and this device has room for models of 1000',
  )
  // Inputs that are no files are bounded elsewhere.
  expect(modelRefusal(unitOf(1001), {}, 1000)).toBeUndefined()
  expect(() => assertRoom(unitOf(1001), kind, 1000)).toThrow(NoRoomError)
  assertRoom(unitOf(1000), kind, 1000)
})
