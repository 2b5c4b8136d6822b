// A trainer of vocabularies of pairs, as small as can be: merges the most frequent pair of neighbours, again and again. Of bytes, as GPT-2
// has them, or of characters, as SentencePiece does.
import { utf8 } from '#core/bytes.ts'
import { byteSymbols } from '#model/tokenizer.fixture.ts'

/** Pieces by token, the 256 bytes first, and merges as "a b" in their order. */
export type BytePairs = { readonly tokens: readonly string[]; readonly merges: readonly string[] }

/** Words in which pairs are counted: letters, digits or signs, each with the space before them. */
const WORDS = / ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+/gu

/** Learns at most `count` merges of bytes from `text`. */
export function trainBytePairs(text: string, count: number): BytePairs {
  const symbols = byteSymbols()
  const words = Array.from(text.matchAll(WORDS), ([word]) => Array.from(utf8(word), (byte) => symbols[byte] ?? ''))
  const merges = trainPairs(words, count)
  return { tokens: [...new Set([...symbols, ...merges.map((merge) => merge.replace(' ', ''))])], merges }
}

/** Learns pieces of characters: at most `count` joined ones, the earliest first, then every character of `text`. */
export function trainPieces(text: string, count: number): string[] {
  const words = text.split(' ').map((word) => Array.from(`▁${word}`))
  const merges = trainPairs(words, count)
  return [...new Set([...merges.map((merge) => merge.replace(' ', '')), ...words.flat()])]
}

/** Merges in their order; of pairs as frequent as one another the first in order is merged. */
function trainPairs(words: readonly (readonly string[])[], count: number): string[] {
  let counted = [...Map.groupBy(words, (pieces) => pieces.join(' ')).values()].map((same) => ({
    times: same.length,
    pieces: same[0] ?? [],
  }))
  const merges: string[] = []
  while (merges.length < count) {
    const pair = mostFrequentPair(counted)
    if (pair === undefined) break
    merges.push(pair)
    counted = counted.map(({ times, pieces }) => ({ times, pieces: mergePair(pieces, pair) }))
  }
  return merges
}

function mostFrequentPair(words: readonly { times: number; pieces: readonly string[] }[]): string | undefined {
  const counts = new Map<string, number>()
  for (const { times, pieces } of words)
    for (const [i, piece] of pieces.slice(1).entries()) {
      const pair = `${pieces[i]} ${piece}`
      counts.set(pair, (counts.get(pair) ?? 0) + times)
    }
  let best: string | undefined
  for (const [pair, times] of counts) {
    const most = best === undefined ? 1 : (counts.get(best) ?? 0)
    if (times > most || (times === most && best !== undefined && pair < best)) best = pair
  }
  return best
}

function mergePair(pieces: readonly string[], pair: string): string[] {
  const merged: string[] = []
  for (const piece of pieces) {
    if (merged.length > 0 && `${merged.at(-1)} ${piece}` === pair) merged.push(`${merged.pop()}${piece}`)
    else merged.push(piece)
  }
  return merged
}
