import { describe, expect, it } from 'vitest'
import { NOTHING_YET, closeTour, isTourWanted, parseFirstMinute } from './first-minute.ts'

const UNIT = 'ab'.repeat(32)
const WHOLE = { nodes: 2, job: { kind: 'matmul', replication: 2 }, certified: { unit: UNIT, nodes: 2 } }

/** A document that has the sign of a grid here, or has not. */
const documentWith = (sign: object | null) => ({ querySelector: () => sign }) as unknown as Document

function memoryStore() {
  const kept = new Map<string, string>()
  return {
    getItem: (key: string) => kept.get(key) ?? null,
    setItem: (key: string, text: string) => void kept.set(key, text),
  }
}

describe('isTourWanted', () => {
  it('default: on a grid that was started here, until it is closed for good', () => {
    const store = memoryStore()
    expect(isTourWanted(documentWith({}), store)).toBe(true)
    closeTour(store)
    expect(isTourWanted(documentWith({}), store)).toBe(false)
  })

  it('behaviour: never on a page of somebody else', () => {
    expect(isTourWanted(documentWith(null), memoryStore())).toBe(false)
  })

  it('behaviour: without storage it is shown, and can be closed', () => {
    expect(isTourWanted(documentWith({}), null)).toBe(true)
    expect(() => closeTour(null)).not.toThrow()
  })
})

describe('parseFirstMinute', () => {
  it('default: what the coordinator tells, without what the page does not need', () => {
    expect(parseFirstMinute(JSON.stringify(NOTHING_YET))).toEqual(NOTHING_YET)
    expect(parseFirstMinute(JSON.stringify({ ...WHOLE, job: { ...WHOLE.job, id: UNIT } }))).toEqual(WHOLE)
  })

  it('limit: 4096 characters accepted, 4097 refused', () => {
    const text = JSON.stringify(WHOLE)
    expect(parseFirstMinute(text.padEnd(4096))).toEqual(WHOLE)
    expect(parseFirstMinute(text.padEnd(4097))).toBeNull()
  })

  it('behaviour: anything else is no state', () => {
    const others = [
      '',
      'null',
      '[]',
      '{"nodes":-1}',
      JSON.stringify({ ...WHOLE, certified: { unit: '../x', nodes: 2 } }),
    ]
    expect(others.map(parseFirstMinute)).toEqual(others.map(() => null))
  })
})
