import { describe, expect, test } from 'vitest'
import { concat, fromHex, toHex, utf8 } from './bytes.ts'
import { type Digest, digestBytes, sha256 } from './digest.ts'
import {
  EMPTY_ROOT,
  MAX_PROOF_LENGTH,
  leafDigest,
  merkleProof,
  merkleRoot,
  nodeDigest,
  verifyMerkleProof,
} from './merkle.ts'

// The inputs and roots that implementations of RFC 6962 share as test vectors, by number of leaves.
const ENTRIES = [
  '',
  '00',
  '10',
  '2021',
  '3031',
  '40414243',
  '5051525354555657',
  '606162636465666768696a6b6c6d6e6f',
].map((hex) => fromHex(hex))
const ROOTS = [
  'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
  '6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d',
  'fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125',
  'aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77',
  'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7',
  '4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4',
  '76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef',
  'ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c',
  '5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328',
]
const SIZES = Array.from({ length: 70 }, (_, i) => i + 1)

/** The recursive definition of RFC 9162 section 2.1.1, as an oracle. */
function rootByDefinition(leaves: readonly Digest[]): Digest {
  const [first] = leaves
  if (first === undefined) return digestBytes()
  if (leaves.length === 1) return first
  let split = 1
  while (split * 2 < leaves.length) split *= 2
  return nodeDigest(rootByDefinition(leaves.slice(0, split)), rootByDefinition(leaves.slice(split)))
}

const leavesOf = (size: number) => Array.from({ length: size }, (_, i) => leafDigest(utf8(`entry ${i}`)))

test('vector: RFC 6962 8 leaves', () => {
  const leaves = ENTRIES.map((entry) => leafDigest(entry))
  ROOTS.forEach((root, size) => expect(merkleRoot(leaves.slice(0, size))).toBe(root))
  expect(EMPTY_ROOT).toBe(ROOTS[0])
})

test('vector: RFC 6962 proofs in 8 and 5 leaves', () => {
  const leaves = ENTRIES.map((entry) => leafDigest(entry))
  expect(merkleProof(leaves, 0)).toEqual([
    '96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7',
    '5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e',
    '6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4',
  ])
  expect(merkleProof(leaves.slice(0, 5), 1)).toEqual([
    '6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d',
    '5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e',
    'bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b',
  ])
})

test('behaviour: leaves and nodes are hashed apart', () => {
  const [a, b] = [leafDigest(utf8('a')), leafDigest(utf8('b'))]
  expect(nodeDigest(a, b)).toBe(toHex(sha256(Uint8Array.of(1), fromHex(a), fromHex(b))))
  expect(leafDigest(concat(fromHex(a), fromHex(b)))).not.toBe(nodeDigest(a, b))
})

test('behaviour: every size from 1 to 70 gives the root by definition and a proof for every index', () => {
  for (const size of SIZES) {
    const leaves = leavesOf(size)
    const root = merkleRoot(leaves)
    expect(root).toBe(rootByDefinition(leaves))
    leaves.forEach((leaf, index) =>
      expect(verifyMerkleProof(leaf, index, size, merkleProof(leaves, index), root)).toBe(true),
    )
  }
})

describe('forged proofs are refused', () => {
  const forged = leafDigest(utf8('forged'))

  test('behaviour: another leaf, index, size, root or path, at every size from 1 to 70', () => {
    for (const size of SIZES) {
      const leaves = leavesOf(size)
      const root = merkleRoot(leaves)
      leaves.forEach((leaf, index) => {
        const path = merkleProof(leaves, index)
        const refused = (...proof: Parameters<typeof verifyMerkleProof>) =>
          expect(verifyMerkleProof(...proof)).toBe(false)
        refused(forged, index, size, path, root)
        refused(leaf, index, size, path, forged)
        refused(leaf, index, size, [...path, forged], root)
        refused(leaf, index, size, [forged, ...path], root)
        path.forEach((_, at) => {
          refused(leaf, index, size, path.with(at, forged), root)
          refused(leaf, index, size, path.toSpliced(at, 1), root)
        })
        for (const other of [index - 1, index + 1, index + size])
          if (other !== index) refused(leaf, other, size, path, root)
      })
    }
  })

  test('behaviour: an inner node is no leaf', () => {
    const leaves = leavesOf(4)
    const [a, b, c, d] = leaves
    if (a === undefined || b === undefined || c === undefined || d === undefined) throw new Error('four leaves')
    const root = merkleRoot(leaves)
    expect(verifyMerkleProof(nodeDigest(a, b), 0, 4, [nodeDigest(c, d)], root)).toBe(false)
    // A size that lies makes it one: the size must come from what the root is bound to.
    expect(verifyMerkleProof(nodeDigest(a, b), 0, 2, [nodeDigest(c, d)], root)).toBe(true)
  })

  test('behaviour: a root above the tree proves nothing', () => {
    const leaves = leavesOf(4)
    const above = nodeDigest(forged, merkleRoot(leaves))
    leaves.forEach((leaf, index) => {
      const path = [...merkleProof(leaves, index), forged]
      expect(verifyMerkleProof(leaf, index, 4, path, above)).toBe(false)
      expect(verifyMerkleProof(leaf, index, 4, path, nodeDigest(merkleRoot(leaves), forged))).toBe(false)
    })
    const [only] = leaves
    expect(only && verifyMerkleProof(only, 0, 1, [forged], nodeDigest(forged, only))).toBe(false)
  })

  test('limit: the empty tree and indexes outside prove nothing', () => {
    const leaf = leafDigest(utf8(''))
    for (const [index, size] of [
      [0, 0],
      [-1, 1],
      [1, 1],
      [0.5, 1],
      [0, 1.5],
      [Number.NaN, 1],
      [0, Infinity],
      [0, 2 ** 53],
    ] as const)
      expect(verifyMerkleProof(leaf, index, size, [], leaf)).toBe(false)
  })

  test('limit: a path of 53 digests accepted, 54 refused', () => {
    const size = Number.MAX_SAFE_INTEGER
    const path = Array.from({ length: MAX_PROOF_LENGTH }, (_, i) => leafDigest(utf8(`sibling ${i}`)))
    let root = leafDigest(utf8('first'))
    for (const sibling of path) root = nodeDigest(root, sibling)
    expect(verifyMerkleProof(leafDigest(utf8('first')), 0, size, path, root)).toBe(true)
    const longer = [...path, forged]
    expect(verifyMerkleProof(leafDigest(utf8('first')), 0, size, longer, nodeDigest(root, forged))).toBe(false)
  })
})

test.each([-1, 3, 0.5, Number.NaN])('error: RangeError for a proof of leaf %d of 3', (index) => {
  expect(() => merkleProof(leavesOf(3), index)).toThrow(RangeError)
})
