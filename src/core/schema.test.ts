import type * as v from 'valibot'
import { describe, expect, test } from 'vitest'
import { encodeCbor } from './cbor.ts'
import { MAX_CONTENT_BYTES, MAX_DIM } from './content.ts'
import { EMPTY_ROOT, MAX_PROOF_LENGTH } from './merkle.ts'
import {
  SchemaError,
  amountSchema,
  checkpointSchema,
  contentRefSchema,
  decodeAs,
  digestSchema,
  layoutSchema,
  parseAs,
  proofSchema,
  textSchema,
  uintSchema,
} from './schema.ts'

function check<T>(
  schema: v.GenericSchema<unknown, T>,
  accepted: readonly unknown[],
  refused: readonly unknown[],
): void {
  for (const value of accepted) expect(parseAs(schema, value, 'value')).toEqual(value)
  for (const value of refused) expect(() => parseAs(schema, value, 'value')).toThrow(SchemaError)
}

test('limit: a digest is 32 bytes of lower-case hex', () => {
  check(digestSchema, [EMPTY_ROOT], [EMPTY_ROOT.slice(2), `${EMPTY_ROOT}00`, EMPTY_ROOT.toUpperCase(), 1, null])
})

test('limit: integers 0 and the maximum accepted, outside refused', () => {
  check(uintSchema(9), [0, 9], [-1, 10, 0.5, '1', Number.NaN])
  check(uintSchema(), [Number.MAX_SAFE_INTEGER], [2 ** 53, 1n])
})

test('limit: text of 3 accepted, 4 refused', () => {
  check(textSchema(3), ['', 'abc'], ['abcd', 1])
})

test('limit: amounts of 30 digits accepted, 31 refused, one text an amount', () => {
  check(amountSchema, ['0', '1', '9'.repeat(30)], ['', '00', '01', '-1', '+1', '1.0', '1e3', ' 1', '9'.repeat(31), 1])
})

test('limit: a path of 53 digests accepted, 54 refused', () => {
  const path = Array.from({ length: MAX_PROOF_LENGTH }, () => EMPTY_ROOT)
  check(proofSchema, [[], path], [[...path, EMPTY_ROOT], ['00'], {}])
})

test('behaviour: unknown fields are refused', () => {
  check(checkpointSchema, [{ size: 0, root: EMPTY_ROOT }], [{ size: 0, root: EMPTY_ROOT, extra: 1 }, { size: 0 }])
})

describe('layouts', () => {
  const matrix = { form: 'matrix', dtype: 'i8', rows: 1, cols: MAX_DIM }

  test('limit: dimensions and sizes on both sides', () => {
    check(
      layoutSchema,
      [matrix, { form: 'blob', sizeBytes: 0 }, { form: 'blob', sizeBytes: MAX_CONTENT_BYTES }],
      [
        { ...matrix, rows: 0 },
        { ...matrix, cols: MAX_DIM + 1 },
        { ...matrix, rows: MAX_DIM },
        { ...matrix, dtype: 'f64' },
        { ...matrix, sizeBytes: 1 },
        { form: 'blob', sizeBytes: MAX_CONTENT_BYTES + 1 },
        { form: 'tensor', sizeBytes: 1 },
        null,
      ],
    )
    check(contentRefSchema, [{ id: EMPTY_ROOT, layout: matrix }], [{ id: EMPTY_ROOT }, { id: '', layout: matrix }])
  })
})

test('error: Schema names what and where', () => {
  const value = { size: 1, root: 'zz' }
  expect(() => parseAs(checkpointSchema, value, 'checkpoint')).toThrow(
    'The checkpoint is malformed at root: expected a digest.',
  )
  expect(() => decodeAs(checkpointSchema, encodeCbor(value), 'checkpoint')).toThrow(SchemaError)
})
