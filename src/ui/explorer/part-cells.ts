// The parts of a result as a picture: a cell a part, or several parts a cell where there are many. One that differs is never lost in a crowd. Pure.

/** Cells drawn at most. */
export const MAX_CELLS = 256

/** What is known of a part. */
export type PartState = 'open' | 'same' | 'different'

/** Parts `from` to `to`, the last included, drawn as one. */
export type PartCell = { readonly from: number; readonly to: number; readonly state: PartState }

/** Cells over `parts`: different when one part is, the same when all are. */
export function partCells(parts: readonly PartState[]): PartCell[] {
  const width = Math.max(1, Math.ceil(parts.length / MAX_CELLS))
  return Array.from({ length: Math.ceil(parts.length / width) }, (_, at) => {
    const from = at * width
    const group = parts.slice(from, from + width)
    return { from, to: from + group.length - 1, state: stateOf(group) }
  })
}

function stateOf(group: readonly PartState[]): PartState {
  if (group.includes('different')) return 'different'
  return group.every((state) => state === 'same') ? 'same' : 'open'
}
