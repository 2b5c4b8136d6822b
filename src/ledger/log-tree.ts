// The log's growing Merkle tree (RFC 9162 section 2.1) over digests of complete subtrees, which never change once written: the store
// keeps them by level and index. Functions read nodes through a port and return what is to be written; up to 2^53 - 1 leaves.
import { DIGEST_BYTES, type Digest } from '#core/digest.ts'
import { isHex } from '#core/bytes.ts'
import { AppError } from '#core/errors.ts'
import { EMPTY_ROOT, MAX_PROOF_LENGTH, nodeDigest } from '#core/merkle.ts'
import type { Checkpoint } from '#core/signed.ts'

/** A complete subtree: `level` 0 are leaves, and node (level, index) covers leaves index · 2^level up to (index + 1) · 2^level. */
export type NodeKey = { readonly level: number; readonly index: number }

/** A complete subtree and its digest. */
export type TreeNode = NodeKey & { readonly digest: Digest }

/** Where digests of complete subtrees are read from: a table, a map. */
export interface NodeReader {
  /** The digests of `keys`, in their order. Throws when one is missing. */
  read(keys: readonly NodeKey[]): Promise<readonly Digest[]>
}

/**
 * A tree after leaves were appended: `nodes` are to be written together with the entries, in one transaction. `peaks` are the subtrees
 * that the next appending reads.
 */
export type Appended = {
  readonly nodes: readonly TreeNode[]
  readonly peaks: readonly TreeNode[]
  readonly checkpoint: Checkpoint
}

/** Leaves from `begin` up to `end`, excluded, as the RFC's recursion cuts them: begin is a multiple of the power of two below the length. */
type Range = { readonly begin: number; readonly end: number }

/** Appends leaf digests to a tree of `size` leaves. Reads O(log size) nodes, returns at most two for every leaf and one path. */
export async function appendLeaves(reader: NodeReader, size: number, leaves: readonly Digest[]): Promise<Appended> {
  assertSize(size + leaves.length)
  const keys = peaksOf({ begin: 0, end: size })
  const digests = await reader.read(keys)
  const peaks = keys.map(({ level, index }, at): TreeNode => ({ level, index, digest: digestAt(digests, at) }))
  const nodes: TreeNode[] = []
  for (const [at, digest] of leaves.entries()) {
    let node: TreeNode = { level: 0, index: size + at, digest }
    nodes.push(node)
    for (let left = peaks.at(-1); left?.level === node.level; left = peaks.at(-1)) {
      peaks.pop()
      node = { level: node.level + 1, index: left.index / 2, digest: nodeDigest(left.digest, node.digest) }
      nodes.push(node)
    }
    peaks.push(node)
  }
  const root = fold(peaks.map(({ digest }) => digest))
  return { nodes, peaks, checkpoint: { size: size + leaves.length, root } }
}

/** Root over the first `size` leaves. */
export async function rootAt(reader: NodeReader, size: number): Promise<Digest> {
  assertSize(size)
  return fold(await reader.read(peaksOf({ begin: 0, end: size })))
}

/** Audit path for leaf `index` in the tree of `size` leaves; verifyMerkleProof in core/merkle.ts checks it. */
export async function inclusionPath(reader: NodeReader, index: number, size: number): Promise<Digest[]> {
  assertSize(size)
  if (!Number.isSafeInteger(index) || index < 0 || index >= size) throw new LogRangeError('leaf', index, size)
  return digestsOf(reader, inclusionRanges(index, { begin: 0, end: size }))
}

/** Proof that the tree of `from` leaves is the beginning of the one of `to` leaves. */
export async function consistencyPath(reader: NodeReader, from: number, to: number): Promise<Digest[]> {
  assertSize(to)
  if (!Number.isSafeInteger(from) || from < 0 || from > to) throw new LogRangeError('size', from, to)
  const isTrivial = from === 0 || from === to
  return digestsOf(reader, isTrivial ? [] : consistencyRanges(from, { begin: 0, end: to }, true))
}

/** Whether `path` proves that `to` extends `from` (RFC 9162 section 2.1.4.2). */
export function verifyConsistency(from: Checkpoint, to: Checkpoint, path: readonly Digest[]): boolean {
  if (!Number.isSafeInteger(from.size) || !Number.isSafeInteger(to.size) || from.size < 0 || from.size > to.size)
    return false
  if (path.length > 2 * MAX_PROOF_LENGTH || !path.every((digest) => isHex(digest, DIGEST_BYTES))) return false
  if (from.size === to.size) return path.length === 0 && from.root === to.root
  if (from.size === 0) return path.length === 0 && from.root === EMPTY_ROOT
  return walkConsistency(from, to, isPowerOfTwo(from.size) ? [from.root, ...path] : path)
}

function walkConsistency(from: Checkpoint, to: Checkpoint, [first, ...rest]: readonly Digest[]): boolean {
  if (first === undefined) return false
  let node = from.size - 1
  let last = to.size - 1
  const goUp = (): void => {
    node = Math.floor(node / 2)
    last = Math.floor(last / 2)
  }
  while (node % 2 === 1) goUp()
  let fromRoot = first
  let toRoot = first
  for (const digest of rest) {
    if (last === 0) return false
    if (node % 2 === 1 || node === last) {
      fromRoot = nodeDigest(digest, fromRoot)
      toRoot = nodeDigest(digest, toRoot)
      while (node % 2 === 0 && node !== 0) goUp()
    } else {
      toRoot = nodeDigest(toRoot, digest)
    }
    goUp()
  }
  return last === 0 && fromRoot === from.root && toRoot === to.root
}

/** Siblings on the way from leaf `index` (counted within the range) up. */
function inclusionRanges(index: number, { begin, end }: Range): Range[] {
  if (end - begin === 1) return []
  const middle = begin + splitOf(end - begin)
  const left = { begin, end: middle }
  const right = { begin: middle, end }
  return begin + index < middle
    ? [...inclusionRanges(index, left), right]
    : [...inclusionRanges(index - (middle - begin), right), left]
}

/** Subtrees that tie the first `from` leaves of the range to all of it; `isKnown` while they are the whole old tree. */
function consistencyRanges(from: number, { begin, end }: Range, isKnown: boolean): Range[] {
  if (from === end - begin) return isKnown ? [] : [{ begin, end }]
  const half = splitOf(end - begin)
  const left = { begin, end: begin + half }
  const right = { begin: begin + half, end }
  return from <= half
    ? [...consistencyRanges(from, left, isKnown), right]
    : [...consistencyRanges(from - half, right, false), left]
}

/** Digests of ranges, with one reading of all the nodes they are made of. */
async function digestsOf(reader: NodeReader, ranges: readonly Range[]): Promise<Digest[]> {
  const keys = ranges.map(peaksOf)
  const digests = await reader.read(keys.flat())
  let at = 0
  return keys.map(({ length }) => fold(digests.slice(at, (at += length))))
}

/** The complete subtrees that a range is made of, largest first. */
function peaksOf({ begin, end }: Range): NodeKey[] {
  const peaks: NodeKey[] = []
  let at = begin
  while (at < end) {
    let level = 0
    while (2 ** (level + 1) <= end - at) level++
    peaks.push({ level, index: at / 2 ** level })
    at += 2 ** level
  }
  return peaks
}

function fold(peaks: readonly Digest[]): Digest {
  return (
    peaks.reduceRight<Digest | undefined>(
      (right, left) => (right === undefined ? left : nodeDigest(left, right)),
      undefined,
    ) ?? EMPTY_ROOT
  )
}

/** The largest power of two below `length`. */
function splitOf(length: number): number {
  let half = 1
  while (half * 2 < length) half *= 2
  return half
}

function isPowerOfTwo(value: number): boolean {
  return splitOf(value) * 2 === value || value === 1
}

function digestAt(digests: readonly Digest[], at: number): Digest {
  const digest = digests[at]
  if (digest === undefined) throw new LogRangeError('node', at, digests.length)
  return digest
}

function assertSize(size: number): void {
  if (!Number.isSafeInteger(size) || size < 0) throw new LogRangeError('size', size, Number.MAX_SAFE_INTEGER)
}

/** A leaf or size was asked for that the log does not have. */
export class LogRangeError extends AppError {
  override readonly name = 'ledger.LogRange'
  constructor(what: 'leaf' | 'size' | 'node', value: number, limit: number) {
    super('input', `The log has no ${what} ${value} within ${limit}.`)
  }
}
