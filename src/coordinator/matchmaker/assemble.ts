// The result of a job from the results of its units: the same parts under another content's name, linked, not copied. The units' own
// contents stay until nobody has used them for long: another job may hold, or be, the same content.
import { type ContentRef, contentBytes, contentId, partCount } from '#core/content.ts'
import type { Digest } from '#core/digest.ts'
import { AppError } from '#core/errors.ts'
import type { Kind } from '#work/kind.ts'
import type { Grid } from '#coordinator/grid.ts'
import { insertContent } from '#coordinator/store/contents.ts'
import type { JobRecord } from '#coordinator/store/jobs.ts'
import type { UnitRecord } from '#coordinator/store/units.ts'

/** A unit and the leaves of its verified result. */
export type DoneUnit = Pick<UnitRecord, 'unit' | 'number'> & { readonly leaves: readonly Digest[] }

type Origin = { readonly id: Digest; readonly n: number; readonly leaf: Digest }

/** Puts the result of `job` together; safe to do again. Throws {@link ResultGapError}. */
export async function assembleResult(
  grid: Grid,
  { id, job }: JobRecord,
  kind: Kind,
  units: readonly DoneUnit[],
): Promise<ContentRef> {
  const { blobs, store, clock } = grid
  const layout = kind.jobLayout(job.body)
  const origins: (Origin | undefined)[] = Array.from({ length: partCount(layout) })
  for (const { unit, leaves } of units) {
    const unitContent = contentId(kind.resultLayout(unit), leaves)
    for (const { unitPart, jobPart } of kind.placements(job.body, unit)) {
      const leaf = leaves[unitPart]
      if (leaf !== undefined) origins[jobPart] = { id: unitContent, n: unitPart, leaf }
    }
  }
  const found = origins.map((origin, part) => {
    if (origin === undefined) throw new ResultGapError(id, part)
    return origin
  })
  const content = await blobs.announce(
    layout,
    found.map(({ leaf }) => leaf),
  )
  for (const [part, { id: from, n }] of found.entries())
    if (from !== content.id) await blobs.share(content.id, part, { id: from, n })
  await insertContent(store.db, content.id, contentBytes(layout), clock.nowMs())
  return { id: content.id, layout }
}

/** The units of a done job leave a part of its result out. */
export class ResultGapError extends AppError {
  override readonly name = 'coordinator.ResultGap'
  constructor(job: Digest, part: number) {
    super('bug', `No unit of job ${job} gives part ${part} of its result.`)
  }
}
