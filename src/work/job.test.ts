import { digestOf } from '#core/digest.ts'
import { MAX_DEADLINE_MS, MAX_INPUTS, MAX_REPLICATION, jobBodySchema } from './job.ts'
import { unitId, unitSchema } from './unit.ts'
import * as v from 'valibot'
import { describe, expect, test } from 'vitest'

const INPUT = { id: digestOf('test', 'input'), layout: { form: 'matrix', dtype: 'i8', rows: 2, cols: 3 } } as const
const JOB = {
  kind: 'matmul',
  version: 1,
  params: {},
  inputs: [INPUT, INPUT],
  replication: 2,
  maxPrice: '1000',
  deadlineMs: 60_000,
  nonce: digestOf('test', 'nonce'),
}

describe('job', () => {
  test('default', () => {
    expect(v.parse(jobBodySchema, JOB)).toEqual(JOB)
  })

  test.each([
    [`${MAX_INPUTS} inputs`, { inputs: inputs(MAX_INPUTS) }, { inputs: inputs(MAX_INPUTS + 1) }],
    ['no inputs', { inputs: [] }, { inputs: null }],
    [`${MAX_REPLICATION} replicas`, { replication: MAX_REPLICATION }, { replication: MAX_REPLICATION + 1 }],
    ['1 replica', { replication: 1 }, { replication: 0 }],
    ['a day', { deadlineMs: MAX_DEADLINE_MS }, { deadlineMs: MAX_DEADLINE_MS + 1 }],
    ['a second', { deadlineMs: 1000 }, { deadlineMs: 999 }],
    ['32 parameters', { params: params(32) }, { params: params(33) }],
    ['a parameter of 4096', { params: { a: 'x'.repeat(4096) } }, { params: { a: 'x'.repeat(4097) } }],
    ['a name of 32', { params: { ['n'.repeat(32)]: 1 } }, { params: { ['n'.repeat(33)]: 1 } }],
    ['scalar parameters', { params: { a: 1, b: true, c: null, d: '' } }, { params: { a: [] } }],
    ['whole numbers', { params: { a: 2 ** 53 - 1 } }, { params: { a: 0.5 } }],
    ['a kind of 32', { kind: 'k'.repeat(32) }, { kind: 'k'.repeat(33) }],
    ['a plain name', { kind: 'a-2' }, { kind: '../a' }],
    ['a price of 30 digits', { maxPrice: '9'.repeat(30) }, { maxPrice: '9'.repeat(31) }],
    ['no price', { maxPrice: '0' }, { maxPrice: '-1' }],
    ['a nonce', {}, { nonce: 'f0' }],
    ['nothing more', {}, { more: 1 }],
    [
      'layouts within their limits',
      { inputs: inputs(1) },
      { inputs: [{ ...INPUT, layout: { ...INPUT.layout, rows: 0 } }] },
    ],
  ])('limit: %s accepted, past it refused', (_, accepted, refused) => {
    expect(v.safeParse(jobBodySchema, { ...JOB, ...accepted }).success).toBe(true)
    expect(v.safeParse(jobBodySchema, { ...JOB, ...refused }).success).toBe(false)
  })
})

describe('unit', () => {
  const unit = v.parse(unitSchema, { kind: 'matmul', version: 1, inputs: [INPUT], params: { a: 1, b: 2 } })

  test('vector: a unit has one identity, whatever the order of its fields', () => {
    const { inputs, kind, params, version } = unit
    expect(unitId({ params: { b: params['b'] ?? 0, a: params['a'] ?? 0 }, version, kind, inputs })).toBe(unitId(unit))
    expect(unitId(unit)).toMatchInlineSnapshot(`"0a65872d1a5aae9ddd1555e3873849abe573b1b11ec92699a8a577fa2777add3"`)
  })

  test('behaviour: every field is part of the identity', () => {
    const changes = [{ kind: 'other' }, { version: 2 }, { inputs: [] }, { params: { a: 1 } }]
    const ids = changes.map((change) => unitId({ ...unit, ...change }))
    expect(new Set([unitId(unit), ...ids]).size).toBe(5)
  })
})

function inputs(count: number): (typeof INPUT)[] {
  return Array.from({ length: count }, () => INPUT)
}

function params(count: number): Record<string, number> {
  return Object.fromEntries(Array.from({ length: count }, (_, at) => [`p${at}`, at]))
}
