// The log's tree against the vectors of RFC 6962's reference implementation and against the plain tree of core/merkle.ts.
import { fromHex } from '#core/bytes.ts'
import { type Digest, digestOf } from '#core/digest.ts'
import { EMPTY_ROOT, leafDigest, merkleProof, merkleRoot, verifyMerkleProof } from '#core/merkle.ts'
import {
  LogRangeError,
  type NodeKey,
  appendLeaves,
  consistencyPath,
  inclusionPath,
  rootAt,
  verifyConsistency,
} from '#ledger/log-tree.ts'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { MemoryLog } from '../support/log-nodes.ts'

/** Entries and roots of certificate-transparency's merkle tests (the "golden" tree of RFC 6962 implementations). */
const ENTRIES = ['', '00', '10', '2021', '3031', '40414243', '5051525354555657', '606162636465666768696a6b6c6d6e6f']
const ROOTS = [
  '6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d',
  'fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125',
  'aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77',
  'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7',
  '4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4',
  '76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef',
  'ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c',
  '5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328',
] as Digest[]
const LEAVES = ENTRIES.map((entry) => leafDigest(fromHex(entry)))

describe('log tree', () => {
  test('vector: RFC 6962 roots of 0 to 8 leaves', async () => {
    const log = new MemoryLog()
    expect(await rootAt(log, 0)).toBe(EMPTY_ROOT)
    for (const [at, leaf] of LEAVES.entries()) expect(await log.append(leaf)).toBe(ROOTS[at])
    for (const [at, root] of ROOTS.entries()) expect(await rootAt(log, at + 1)).toBe(root)
  })

  test('vector: RFC 6962 audit paths', async () => {
    const log = await logOf(LEAVES)
    expect(await inclusionPath(log, 0, 1)).toEqual([])
    expect(await inclusionPath(log, 0, 8)).toEqual([
      '96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7',
      '5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e',
      '6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4',
    ])
    expect(await inclusionPath(log, 5, 8)).toEqual([
      'bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b',
      'ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0',
      'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7',
    ])
    expect(await inclusionPath(log, 2, 3)).toEqual(['fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125'])
  })

  test('vector: RFC 6962 consistency proofs', async () => {
    const log = await logOf(LEAVES)
    expect(await consistencyPath(log, 1, 1)).toEqual([])
    expect(await consistencyPath(log, 1, 8)).toEqual([
      '96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7',
      '5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e',
      '6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4',
    ])
    expect(await consistencyPath(log, 6, 8)).toEqual([
      '0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a',
      'ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0',
      'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7',
    ])
    expect(await consistencyPath(log, 2, 5)).toEqual([
      '5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e',
      'bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b',
    ])
  })

  test('behaviour: every proof up to 40 leaves, as the plain tree has it; every change is refused', async () => {
    const leaves = numbered(40)
    const log = await logOf(leaves)
    for (let size = 1; size <= leaves.length; size++) {
      const root = merkleRoot(leaves.slice(0, size))
      expect(await rootAt(log, size)).toBe(root)
      for (let index = 0; index < size; index++) {
        const path = await inclusionPath(log, index, size)
        expect(path).toEqual(merkleProof(leaves.slice(0, size), index))
        const leaf = leaves[index] ?? EMPTY_ROOT
        expect(verifyMerkleProof(leaf, index, size, path, root)).toBe(true)
        expect(verifyMerkleProof(leaf, index + 1, size, path, root)).toBe(false)
        expect(verifyMerkleProof(EMPTY_ROOT, index, size, path, root)).toBe(false)
        expect(verifyMerkleProof(leaf, index, size, [...path, root], root)).toBe(false)
      }
      for (let from = 0; from <= size; from++) {
        const path = await consistencyPath(log, from, size)
        const old = { size: from, root: merkleRoot(leaves.slice(0, from)) }
        expect(verifyConsistency(old, { size, root }, path)).toBe(true)
        expect(verifyConsistency(old, { size, root: leafDigest(Uint8Array.of(9)) }, path)).toBe(from === 0)
        expect(verifyConsistency(old, { size, root }, [...path, root])).toBe(false)
        if (from > 0) {
          expect(verifyConsistency({ size: from, root: EMPTY_ROOT }, { size, root }, path)).toBe(false)
          if (path.length > 0) expect(verifyConsistency(old, { size, root }, path.slice(1))).toBe(false)
        }
      }
    }
  })

  test('behaviour: batches of any sizes give the same nodes', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat({ max: 20 }), { maxLength: 8 }), async (sizes) => {
        const leaves = numbered(sizes.reduce((sum, size) => sum + size, 0))
        const log = new MemoryLog()
        let at = 0
        for (const size of sizes) await log.append(...leaves.slice(at, (at += size)))
        expect(await rootAt(log, leaves.length)).toBe(merkleRoot(leaves))
        expect(log.nodes).toEqual((await logOf(leaves)).nodes)
      }),
    )
  })

  test('behaviour: appending and proving read O(log n) nodes, and sizes near 2^53 stay exact', async () => {
    const size = Number.MAX_SAFE_INTEGER - 1
    const digestAt = ({ level, index }: NodeKey): Digest => digestOf('test-node', { level, index })
    let reads = 0
    const reader = {
      async read(keys: readonly NodeKey[]) {
        reads += keys.length
        for (const { level, index } of keys) expect((index + 1) * 2 ** level).toBeLessThanOrEqual(size + 1)
        return keys.map(digestAt)
      },
    }
    const { nodes, checkpoint } = await appendLeaves(reader, size, [EMPTY_ROOT])
    // 2^53 - 2 leaves have 52 peaks; the last leaf of 2^53 - 1 completes none.
    expect(reads).toBe(52)
    expect(nodes).toEqual([{ level: 0, index: size, digest: EMPTY_ROOT }])
    expect(checkpoint.size).toBe(Number.MAX_SAFE_INTEGER)

    // The last leaf of 2^53 - 1 is a peak of its own, so that made-up digests of the other peaks fit together.
    const full = Number.MAX_SAFE_INTEGER
    reads = 0
    const path = await inclusionPath(reader, full - 1, full)
    expect(reads).toBe(52)
    const leaf = digestAt({ level: 0, index: full - 1 })
    const root = await rootAt(reader, full)
    expect(verifyMerkleProof(leaf, full - 1, full, path, root)).toBe(true)
    expect(verifyMerkleProof(leaf, full - 2, full, path, root)).toBe(false)
    const tail = await consistencyPath(reader, full - 1, full)
    expect(
      verifyConsistency({ size: full - 1, root: await rootAt(reader, full - 1) }, { size: full, root }, tail),
    ).toBe(true)
  })

  test('limit: 2^53 - 1 leaves accepted, 2^53 refused', async () => {
    const reader = { read: async (keys: readonly NodeKey[]) => keys.map(() => EMPTY_ROOT) }
    await expect(rootAt(reader, Number.MAX_SAFE_INTEGER)).resolves.toBeTypeOf('string')
    await expect(rootAt(reader, 2 ** 53)).rejects.toThrow(LogRangeError)
    await expect(appendLeaves(reader, Number.MAX_SAFE_INTEGER, [EMPTY_ROOT])).rejects.toThrow(LogRangeError)
  })

  test('error: leaves and sizes that are not there', async () => {
    const log = await logOf(LEAVES)
    for (const index of [-1, 8, 0.5, Number.NaN])
      await expect(inclusionPath(log, index, 8)).rejects.toThrow(LogRangeError)
    for (const from of [-1, 9, 0.5]) await expect(consistencyPath(log, from, 8)).rejects.toThrow(LogRangeError)
  })

  test('behaviour: hostile consistency proofs are refused, not thrown', () => {
    const [from, to] = [
      { size: 3, root: EMPTY_ROOT },
      { size: 8, root: EMPTY_ROOT },
    ]
    expect(verifyConsistency(from, to, ['zz' as Digest])).toBe(false)
    expect(
      verifyConsistency(
        from,
        to,
        Array.from({ length: 200 }, () => EMPTY_ROOT),
      ),
    ).toBe(false)
    expect(verifyConsistency({ size: 0.5, root: EMPTY_ROOT }, to, [])).toBe(false)
    expect(verifyConsistency(to, from, [])).toBe(false)
    expect(verifyConsistency({ size: -1, root: EMPTY_ROOT }, to, [])).toBe(false)
  })
})

function numbered(count: number): Digest[] {
  return Array.from({ length: count }, (_, at) => leafDigest(Uint8Array.of(at & 255, at >> 8)))
}

async function logOf(leaves: readonly Digest[]): Promise<MemoryLog> {
  const log = new MemoryLog()
  await log.append(...leaves)
  return log
}
