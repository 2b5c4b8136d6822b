// Records as a table of text, one adapter a heading.
import type { BenchRecord } from './bench.ts'

const HEADER = ['name', 'value', 'unit', 'peer', 'ratio']

/** The records as aligned columns, in their order, under the adapter they ran on. */
export function tableOf(records: readonly BenchRecord[]): string {
  const adapters = [...new Set(records.map(({ adapter }) => adapter))]
  return adapters
    .map((adapter) => {
      const rows = records.filter((record) => record.adapter === adapter).map(cellsOf)
      return `on ${adapter}\n${align([HEADER, ...rows])}`
    })
    .join('\n')
}

function cellsOf({ name, value, unit, peer, ratio }: BenchRecord): string[] {
  return [name, value.toFixed(digits(value)), unit, peer ?? '', ratio === undefined ? '' : ratio.toFixed(2)]
}

function digits(value: number): number {
  if (Number.isInteger(value) || Math.abs(value) >= 1000) return 0
  return Math.abs(value) >= 10 ? 1 : 3
}

function align(rows: readonly string[][]): string {
  const widths = HEADER.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)))
  const isNumber = (column: number) => column === 1 || column === 4
  return rows
    .map((row) =>
      row
        .map((cell, i) => (isNumber(i) ? cell.padStart(widths[i] ?? 0) : cell.padEnd(widths[i] ?? 0)))
        .join('  ')
        .trimEnd(),
    )
    .map((line) => `  ${line}`)
    .join('\n')
}
