// Scores of a SentencePiece vocabulary -> ordered merges of byte-pair encoding, as Hugging Face's converter makes them: every way to cut a
// piece in two pieces, those of better pieces first.
import { TokenizerError } from '#model/tokenizer.ts'

/** Longest piece, in UTF-16 units: the cuts of a piece grow with the square of its length. */
export const MAX_PIECE_LENGTH = 512

type Merge = { readonly left: string; readonly right: string; readonly score: number; readonly rank: number }

/** Merges, each as its two pieces. `scores` are by id. Throws {@link TokenizerError} for a piece past the limit. */
export function sentencePieceMerges(ids: ReadonlyMap<string, number>, scores: readonly number[]): [string, string][] {
  const merges: Merge[] = []
  for (const [piece, id] of ids) {
    if (piece.length > MAX_PIECE_LENGTH)
      throw new TokenizerError(
        `The tokenizer has a piece of ${piece.length} characters, more than ${MAX_PIECE_LENGTH}.`,
      )
    const score = scores[id] ?? 0
    for (const { left, right } of cuts(piece, ids)) merges.push({ left, right, score, rank: merges.length })
  }
  // Equal scores: longer left halves first, then longer right ones, then what came first.
  merges.sort(
    (a, b) =>
      b.score - a.score || length(b.left) - length(a.left) || length(b.right) - length(a.right) || a.rank - b.rank,
  )
  return merges.map(({ left, right }) => [left, right])
}

/** Cuts between characters into two pieces, by the ids of the two. */
function cuts(piece: string, ids: ReadonlyMap<string, number>): { left: string; right: string }[] {
  const found = []
  for (let at = 1; at < piece.length; at++) {
    const [left, right] = [piece.slice(0, at), piece.slice(at)]
    if (ids.has(left) && ids.has(right)) found.push({ left, right })
  }
  const id = (text: string) => ids.get(text) ?? 0
  return found.sort((a, b) => id(a.left) - id(b.left) || id(a.right) - id(b.right))
}

/** In characters, as Python counts them. */
function length(text: string): number {
  let count = 0
  for (const _ of text) count++
  return count
}
