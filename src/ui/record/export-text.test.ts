import { describe, expect, test } from 'vitest'
import { csvOf, fileName, jsonOf } from './export-text.ts'
import type { KeptUnit } from './kept.ts'

const unit: KeptUnit = {
  id: 'aa/1',
  unit: 'aa',
  what: 'Multiplied a 256 × 256 part of two matrices',
  startedMs: Date.UTC(2026, 10, 29, 12),
  finishedMs: Date.UTC(2026, 10, 29, 12, 0, 1),
  outcome: 'agreed',
  credited: '2147483648000000',
  reason: 'Two replicas agreed',
  certificate: 'cc',
  peers: [
    { node: 'p1', transport: 'webrtc' },
    { node: 'p2', transport: null },
  ],
}

/** The cells of `text` by RFC 4180: a reader of its own, so that the writer is not judged by itself. */
function cells(text: string): string[][] {
  const rows: string[][] = [[]]
  for (const [, separator, quoted, plain] of text.matchAll(/(^|,|\r\n)(?:"((?:[^"]|"")*)"|([^",\r\n]*))/g)) {
    if (separator === '\r\n') rows.push([])
    rows.at(-1)?.push(quoted?.replaceAll('""', '"') ?? plain ?? '')
  }
  return rows.slice(0, -1)
}

describe('export', () => {
  test('default: a header, then a line a unit that ends with CR LF, credit in exact decimals', () => {
    expect(csvOf([unit])).toBe(
      'started,finished,what,outcome,credit,credit_atto,reason,unit,certificate,checked_with\r\n' +
        '2026-11-29T12:00:00.000Z,2026-11-29T12:00:01.000Z,Multiplied a 256 × 256 part of two matrices,agreed,' +
        '0.002147483648,2147483648000000,Two replicas agreed,aa,cc,p1 p2\r\n',
    )
    expect(csvOf([])).toBe(csvOf([unit]).slice(0, csvOf([]).length))
  })

  test('vector: RFC 4180, commas, quotes and line breaks are within quotes', () => {
    const reason = 'It said "no", then\r\nnothing'
    const [, row] = cells(csvOf([{ ...unit, reason }]))
    expect(row?.[6]).toBe(reason)
    expect(csvOf([{ ...unit, reason }])).toContain('"It said ""no"", then\r\nnothing"')
  })

  test.each(['=1+1', '+1', '-1', '@SUM(A1)', '\t=1', '\r=1', '\n=1', '＝1', '＋1', '－1', '＠1'])(
    'behaviour: %j is no formula in a spreadsheet',
    (what) => {
      const [, row] = cells(csvOf([{ ...unit, what }]))
      expect(row?.[2]).toBe(`'${what}`)
    },
  )

  test('behaviour: an amount that is not known is an empty cell, whole credits have no point', () => {
    const [, first, second] = cells(
      csvOf([
        { ...unit, credited: null },
        { ...unit, credited: '3000000000000000000' },
      ]),
    )
    expect(first?.slice(4, 6)).toEqual(['', ''])
    expect(second?.slice(4, 6)).toEqual(['3', '3000000000000000000'])
  })

  test('behaviour: the JSON names its format and holds everything', () => {
    const whole = { totals: undefined, units: [unit], quarters: [], minutes: [] }
    expect(JSON.parse(jsonOf(whole, Date.UTC(2026, 10, 29)))).toEqual({
      format: 'commonwatt-history/1',
      exported: '2026-11-29T00:00:00.000Z',
      totals: null,
      units: [unit],
      quarters: [],
      minutes: [],
    })
    expect(fileName('csv', new Date(2026, 0, 5).getTime())).toBe('commonwatt-history-2026-01-05.csv')
  })
})
