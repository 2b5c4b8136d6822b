// The Merkle tree of RFC 9162 section 2.1 over a fixed list: root, inclusion proof and its check. The growing log is ledger/log-tree.ts.
import { fromHex, utf8 } from './bytes.ts'
import { DIGEST_BYTES, type Digest, digestBytes, digestBytesAsync } from './digest.ts'

const LEAF = Uint8Array.of(0)
const NODE = Uint8Array.of(1)

/** Longest proof accepted: 2^53 leaves. */
export const MAX_PROOF_LENGTH = 53

/** Root of the empty tree. */
export const EMPTY_ROOT = digestBytes(utf8(''))

/** Leaf digest of an entry's bytes: SHA-256(0x00 ‖ entry). */
export function leafDigest(entry: Uint8Array): Digest {
  return digestBytes(LEAF, entry)
}

/** As {@link leafDigest}, by WebCrypto where there is one: for entries of many kilobytes. */
export function leafDigestAsync(entry: Uint8Array): Promise<Digest> {
  return digestBytesAsync(LEAF, entry)
}

/** Digest of an inner node: SHA-256(0x01 ‖ left ‖ right). */
export function nodeDigest(left: Digest, right: Digest): Digest {
  return digestBytes(NODE, fromHex(left, DIGEST_BYTES), fromHex(right, DIGEST_BYTES))
}

/** Root over leaf digests, in order. */
export function merkleRoot(leaves: readonly Digest[]): Digest {
  if (leaves.length === 0) return EMPTY_ROOT
  let level = leaves
  // Pairing level by level and carrying an odd last node up is the same tree as RFC 9162's split at a power of two.
  while (level.length > 1) level = parents(level)
  return level[0] ?? EMPTY_ROOT
}

/** Audit path for leaf `index`, from the leaf up. */
export function merkleProof(leaves: readonly Digest[], index: number): Digest[] {
  return merkleProofs(leaves, [index])[0] ?? []
}

/** Audit paths for several leaves of one list, in the order of `indices`; the tree is computed once. */
export function merkleProofs(leaves: readonly Digest[], indices: readonly number[]): Digest[][] {
  for (const index of indices)
    if (!Number.isSafeInteger(index) || index < 0 || index >= leaves.length)
      throw new RangeError(`Leaf ${index} is outside a tree of ${leaves.length}.`)
  const paths = indices.map((): Digest[] => [])
  let level = leaves
  for (let height = 0; level.length > 1; height++) {
    for (const [i, path] of paths.entries()) {
      const sibling = level[Math.floor((indices[i] ?? 0) / 2 ** height) ^ 1]
      if (sibling !== undefined) path.push(sibling)
    }
    level = parents(level)
  }
  return paths
}

/** Whether `path` proves that `leaf` is number `index` of the `size` leaves under `root` (RFC 9162 section 2.1.3.2). */
export function verifyMerkleProof(
  leaf: Digest,
  index: number,
  size: number,
  path: readonly Digest[],
  root: Digest,
): boolean {
  if (!Number.isSafeInteger(size) || !Number.isSafeInteger(index) || index < 0 || index >= size) return false
  if (path.length > MAX_PROOF_LENGTH) return false
  let node = index
  let last = size - 1
  let digest = leaf
  for (const sibling of path) {
    if (last === 0) return false
    if (node % 2 === 1 || node === last) {
      digest = nodeDigest(sibling, digest)
      while (node % 2 === 0 && node !== 0) {
        node = Math.floor(node / 2)
        last = Math.floor(last / 2)
      }
    } else {
      digest = nodeDigest(digest, sibling)
    }
    node = Math.floor(node / 2)
    last = Math.floor(last / 2)
  }
  return last === 0 && digest === root
}

function parents(level: readonly Digest[]): Digest[] {
  const next: Digest[] = []
  for (let i = 0; i < level.length; i += 2) {
    const left = level[i]
    const right = level[i + 1]
    if (left === undefined) continue
    next.push(right === undefined ? left : nodeDigest(left, right))
  }
  return next
}
