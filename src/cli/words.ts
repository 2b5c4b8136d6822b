// Words for people, shared by commands.
import type { ContentLayout } from '#core/content.ts'
import { type CheckName, CHECKS, type Passed } from '#verify/verdict.ts'
import type { RunOutcome } from '#sdk/index.ts'

const DTYPE_NAMES = { i8: 'int8', i32: 'int32', f32: 'float32' } as const

/** A content in a few words, e.g. "512 x 512 int32". */
export function describeMatrix(layout: ContentLayout): string {
  if (layout.form === 'blob') return `${layout.sizeBytes} bytes`
  return `${layout.rows} x ${layout.cols} ${DTYPE_NAMES[layout.dtype]}`
}

/** A number of things, e.g. "1 unit", "2 units". */
export function describeCount(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`
}

/** How the replicas' reveals travelled, over all units. */
export function transportsOf(certificate: RunOutcome['certificate']): string[] {
  return [...new Set(certificate.units.map(({ body }) => body.transport))].filter((name) => name !== 'none').sort()
}

/** A check and what it means. */
export function describeCheck({ check, count }: Passed): string {
  return `${check.padEnd(21)} ${CHECKS[check]}${count === 1 ? '' : ` (${count} times)`}`
}

/** What a failed check would have meant. */
export function describeFailedCheck(check: CheckName, reason: string): string {
  return `The check "${check}" fails (${CHECKS[check]}): ${reason}`
}

/** What was taken from the cache, in a sentence; null where everything was computed for this job. */
export function describeRepeats(certificates: readonly RunOutcome['certificate'][]): string | null {
  const count = certificates.reduce((sum, { repeated }) => sum + repeated.length, 0)
  if (count === 0) return null
  const units = describeCount(count, 'unit')
  const were = count === 1 ? 'was' : 'were'
  return `${units} ${were} computed and certified for an earlier job: taken from there, and nothing was paid.`
}
