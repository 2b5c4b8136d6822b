// The bounds of the signed messages around a unit: each accepted at its limit and refused one past it.
import { digestOf } from '#core/digest.ts'
import type { PlainValue } from '#core/signed.ts'
import { MAX_UNIT_PARTS, certificateSchema } from '#verify/certificate.ts'
import { closeSchema } from '#verify/close.ts'
import { commitmentSchema } from '#verify/commitment.ts'
import { revealSchema, sightingSchema } from '#verify/reveal.ts'
import { MAX_REPLICATION } from '#work/job.ts'
import { leaseSchema } from '#work/lease.ts'
import * as v from 'valibot'
import { beforeAll, describe, expect, test } from 'vitest'
import { type CertifiedJob, certifyMatmul } from '../support/certified-job.ts'

let job: CertifiedJob
beforeAll(async () => {
  job = await certifyMatmul('bounds', { m: 3, k: 4, n: 5 })
})

describe('messages', () => {
  test('limit: leaves, replicas, entries and sightings', () => {
    const unit = unitOf()
    const [replica] = unit.body.replicas
    if (replica === undefined) throw new Error('no replica')
    const entry = replica.close.body.entries[0] ?? null
    const seen = replica.sighting.body.seen[0] ?? null
    const leaf = digestOf('test', 'leaf')
    const cases: [v.GenericSchema, (count: number) => unknown, number][] = [
      [certificateSchema, (count) => withBody(unit, { leaves: repeated(leaf, count) }), MAX_UNIT_PARTS],
      [certificateSchema, (count) => withBody(unit, { replicas: repeated(replica, count) }), MAX_REPLICATION],
      [closeSchema, (count) => withBody(replica.close, { entries: repeated(entry, count) }), MAX_REPLICATION + 2],
      [sightingSchema, (count) => withBody(replica.sighting, { seen: repeated(seen, count) }), MAX_REPLICATION + 2],
    ]
    for (const [schema, make, limit] of cases) {
      expect(v.safeParse(schema, make(limit)).success).toBe(true)
      expect(v.safeParse(schema, make(limit + 1)).success).toBe(false)
    }
    expect(v.safeParse(certificateSchema, withBody(unit, { replicas: [] })).success).toBe(false)
    expect(v.safeParse(closeSchema, withBody(replica.close, { entries: [] })).success).toBe(false)
  })

  test('error: fields that are missing, added or of another form', () => {
    const [replica] = unitOf().body.replicas
    if (replica === undefined) throw new Error('no replica')
    const messages: [v.GenericSchema, { body: object }][] = [
      [leaseSchema, replica.lease],
      [commitmentSchema, replica.commitment],
      [closeSchema, replica.close],
      [revealSchema, replica.reveal],
      [sightingSchema, replica.sighting],
    ]
    for (const [schema, message] of messages) {
      expect(v.safeParse(schema, message).success).toBe(true)
      expect(v.safeParse(schema, { ...message, more: 1 }).success).toBe(false)
      expect(v.safeParse(schema, withBody(message, { more: 1 })).success).toBe(false)
      for (const key of Object.keys(message.body)) {
        expect(v.safeParse(schema, withBody(message, { [key]: undefined })).success).toBe(false)
        expect(v.safeParse(schema, withBody(message, { [key]: { a: 1 } })).success).toBe(false)
      }
    }
  })
})

function unitOf(): CertifiedJob['certificate']['units'][number] {
  const [unit] = job.certificate.units
  if (unit === undefined) throw new Error('no unit')
  return unit
}

function withBody(message: { body: object }, change: object): unknown {
  return { ...message, body: { ...message.body, ...change } }
}

function repeated<T extends PlainValue | object>(value: T, count: number): T[] {
  return Array.from({ length: count }, () => value)
}
