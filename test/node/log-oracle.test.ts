// The log's tree, kept in tiles, against an implementation of RFC 9162 by others: each makes what the other one checks.
import { RFC9162 } from '@transmute/rfc9162'
import { describe, expect, test } from 'vitest'
import { fromHex, toHex, utf8 } from '#core/bytes.ts'
import type { Digest } from '#core/digest.ts'
import { leafDigest, verifyMerkleProof } from '#core/merkle.ts'
import { appendLeaves, consistencyPath, inclusionPath, verifyConsistency } from '#ledger/log-tree.ts'
import { type TileKey, tileGrowths, tileNodes } from '#ledger/tiles.ts'

const SIZE = 300
const ENTRIES = Array.from({ length: SIZE }, (_, at) => utf8(`entry ${at}`))
const digestOf = (bytes: Uint8Array): Digest => toHex(bytes) as string as Digest

async function tiledLog() {
  const empty = { read: async () => [] }
  const { nodes, checkpoint } = await appendLeaves(
    empty,
    0,
    ENTRIES.map((entry) => leafDigest(entry)),
  )
  const tiles = new Map(tileGrowths(nodes).map(({ level, index, hashes }) => [`${level}/${index}`, hashes]))
  const readTiles = async (keys: readonly TileKey[]) =>
    keys.map(({ level, index }) => tiles.get(`${level}/${index}`) ?? new Uint8Array())
  return { reader: tileNodes({ readTiles }), checkpoint }
}

describe('the tree against @transmute/rfc9162', () => {
  test('vector: roots, inclusion and consistency are the same, past a full tile', async () => {
    const { reader, checkpoint } = await tiledLog()
    expect(digestOf(await RFC9162.treeHead([...ENTRIES]))).toBe(checkpoint.root)
    for (const index of [0, 1, 77, 254, 255, 256, 298, 299]) {
      const entry = ENTRIES[index] ?? new Uint8Array()
      const theirs = await RFC9162.inclusionProof(entry, [...ENTRIES])
      const path = await inclusionPath(reader, index, SIZE)
      expect(theirs.inclusion_path.map(digestOf)).toEqual(path)
      expect(verifyMerkleProof(leafDigest(entry), index, SIZE, path, checkpoint.root)).toBe(true)
      const ours = { ...theirs, leaf_index: index, inclusion_path: path.map((digest) => fromHex(digest)) }
      const leaf = await RFC9162.leaf(entry)
      expect(await RFC9162.verifyInclusionProof(fromHex(checkpoint.root), leaf, ours)).toBe(true)
    }
    for (const from of [1, 2, 64, 100, 255, 256, 257, 299]) {
      const old = ENTRIES.slice(0, from)
      const last = old.at(-1) ?? new Uint8Array()
      const theirs = await RFC9162.consistencyProof(await RFC9162.inclusionProof(last, old), [...ENTRIES])
      const path = await consistencyPath(reader, from, SIZE)
      const root = digestOf(await RFC9162.treeHead(old))
      // It names the old root when that is a whole subtree; RFC 9162 leaves it out, because whoever checks has it.
      const isWhole = Number.isInteger(Math.log2(from))
      expect(theirs.consistency_path.map(digestOf)).toEqual(isWhole ? [root, ...path] : path)
      expect(verifyConsistency({ size: from, root }, checkpoint, path)).toBe(true)
    }
  })
})
