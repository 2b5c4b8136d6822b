// The log in tiles (c2sp.org/tlog-tiles): 256 consecutive digests of one level, which never change once they are full, and bundles of
// entries beside them. Names, widths, and the reader that makes proofs from tiles, whether they come from a table or over HTTP.
import { concat, fromHex, toHex } from '#core/bytes.ts'
import { DIGEST_BYTES, type Digest } from '#core/digest.ts'
import { AppError } from '#core/errors.ts'
import { nodeDigest } from '#core/merkle.ts'
import type { NodeKey, NodeReader, TreeNode } from './log-tree.ts'

/** Levels of the tree in a tile, and digests in a full one. */
export const TILE_HEIGHT = 8
export const TILE_WIDTH = 256

/** Longest entry: bundles have two bytes for a length. */
export const MAX_ENTRY_BYTES = 0xffff

/** Which tile, or bundle of entries, and how many of its digests or entries. */
export type TileName = { readonly level: number | 'entries'; readonly index: number; readonly width: number }

/** A tile without regard to its width. */
export type TileKey = { readonly level: number; readonly index: number }

/** Digests that are added to a tile, side by side. */
export type TileGrowth = TileKey & { readonly hashes: Uint8Array<ArrayBuffer> }

/** Where tiles are read from. */
export interface TileReader {
  /** Digests of each tile as far as they are there, in the order of `keys`. Throws when a tile is missing. */
  readTiles(keys: readonly TileKey[]): Promise<readonly Uint8Array[]>
}

/** Digests of tile `index` of `level` in a tree of `size` leaves: 0 to 256. Entries count as level 0. */
export function tileWidth({ level, index }: Pick<TileName, 'level' | 'index'>, size: number): number {
  const complete = Math.floor(size / TILE_WIDTH ** (level === 'entries' ? 0 : level))
  return Math.min(Math.max(complete - index * TILE_WIDTH, 0), TILE_WIDTH)
}

/** Path of a tile below a log's prefix, e.g. `tile/0/x001/234.p/5`. */
export function tilePath({ level, index, width }: TileName): string {
  const digits = String(index)
  const groups = digits.padStart(Math.ceil(digits.length / 3) * 3, '0').match(/.{3}/g) ?? []
  const number = groups.map((group, at) => (at < groups.length - 1 ? `x${group}` : group)).join('/')
  return `tile/${level}/${number}${width === TILE_WIDTH ? '' : `.p/${width}`}`
}

/** The tile that `path` names; undefined unless it is what {@link tilePath} writes. */
export function parseTilePath(path: string): TileName | undefined {
  const match = /^tile\/(entries|[0-9]{1,2})\/((?:x[0-9]{3}\/){0,5}[0-9]{3})(?:\.p\/([0-9]{1,3}))?$/.exec(path)
  if (match === null) return undefined
  const [, level = '', number = '', width] = match
  const name: TileName = {
    level: level === 'entries' ? level : Number(level),
    index: Number(number.replaceAll(/[x/]/g, '')),
    width: width === undefined ? TILE_WIDTH : Number(width),
  }
  const isKnown = Number.isSafeInteger(name.index) && name.width > 0 && (name.level === 'entries' || name.level <= 63)
  return isKnown && tilePath(name) === path ? name : undefined
}

/** What tiles gain by new nodes of the tree; every eighth level is kept, the others are computed from it. */
export function tileGrowths(nodes: readonly TreeNode[]): TileGrowth[] {
  const tiles = new Map<string, { key: TileKey; hashes: Uint8Array[] }>()
  for (const { level, index, digest } of nodes) {
    if (level % TILE_HEIGHT !== 0) continue
    const key = { level: level / TILE_HEIGHT, index: Math.floor(index / TILE_WIDTH) }
    const name = `${key.level}/${key.index}`
    const tile = tiles.get(name) ?? { key, hashes: [] }
    tile.hashes.push(fromHex(digest, DIGEST_BYTES))
    tiles.set(name, tile)
  }
  return [...tiles.values()].map(({ key: { level, index }, hashes }) => ({ level, index, hashes: concat(...hashes) }))
}

/** Reads the tree's nodes from tiles: each tile once a reading. Throws {@link TileError} on one that is too short. */
export function tileNodes(tiles: TileReader): NodeReader {
  return {
    async read(keys) {
      const wanted = new Map(keys.map((key) => [nameOf(tileOf(key)), tileOf(key)]))
      const read = await tiles.readTiles([...wanted.values()])
      const found = new Map([...wanted.keys()].map((name, at) => [name, read[at]]))
      return keys.map((key) => nodeIn(found.get(nameOf(tileOf(key))), key))
    },
  }
}

/** The tile that a node's digests are in. */
export function tileOf({ level, index }: NodeKey): TileKey {
  const height = level % TILE_HEIGHT
  return { level: (level - height) / TILE_HEIGHT, index: Math.floor((index * 2 ** height) / TILE_WIDTH) }
}

/** The bytes of a bundle: each entry after its length. */
export function encodeBundle(entries: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  return concat(...entries.flatMap((entry) => [Uint8Array.of(entry.length >> 8, entry.length & 0xff), entry]))
}

/** The entries of a bundle. Throws {@link TileError} unless there are exactly `width`. */
export function decodeBundle(bytes: Uint8Array, width: number): Uint8Array[] {
  const entries: Uint8Array[] = []
  let at = 0
  while (at < bytes.length && entries.length <= width) {
    const length = ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0)
    if (at + 2 + length > bytes.length) throw new TileError('a bundle that ends within an entry')
    entries.push(bytes.subarray(at + 2, at + 2 + length))
    at += 2 + length
  }
  if (entries.length !== width || at !== bytes.length) throw new TileError(`a bundle that has not ${width} entries`)
  return entries
}

function nodeIn(tile: Uint8Array | undefined, { level, index }: NodeKey): Digest {
  const count = 2 ** (level % TILE_HEIGHT)
  const from = (index * count) % TILE_WIDTH
  if (tile === undefined || tile.length % DIGEST_BYTES !== 0 || tile.length < (from + count) * DIGEST_BYTES)
    throw new TileError(`a tile without node ${index} of level ${level}`)
  let digests = Array.from(
    { length: count },
    (_, at) => toHex(tile.subarray((from + at) * DIGEST_BYTES, (from + at + 1) * DIGEST_BYTES)) as string as Digest,
  )
  while (digests.length > 1)
    digests = Array.from({ length: digests.length / 2 }, (_, at) => join(digests[2 * at], digests[2 * at + 1]))
  const [digest] = digests
  if (digest === undefined) throw new TileError(`a tile without node ${index} of level ${level}`)
  return digest
}

function join(left: Digest | undefined, right: Digest | undefined): Digest {
  if (left === undefined || right === undefined) throw new TileError('a tile with a hole')
  return nodeDigest(left, right)
}

function nameOf({ level, index }: TileKey): string {
  return `${level}/${index}`
}

/** A log gives a tile or bundle that cannot be one. */
export class TileError extends AppError {
  override readonly name = 'ledger.Tile'
  constructor(what: string) {
    super('hostile', `The log gave ${what}.`)
  }
}
