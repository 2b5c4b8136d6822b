// What somebody has seen of a log: the largest checkpoint, and how another one stands to it. Tiles of the larger tree decide, whoever
// serves them, because they are held against its signed root.
import { EMPTY_ROOT } from '#core/merkle.ts'
import type { Checkpoint } from '#core/signed.ts'
import { type CheckpointNote, openCheckpointNote } from './checkpoint.ts'
import { FORK_FORMAT, type Fork, forkAuthority } from './fork.ts'
import type { Genesis } from './genesis.ts'
import { consistencyPath, rootAt, verifyConsistency } from './log-tree.ts'
import { encodeNote } from './note.ts'
import { type TileKey, type TileReader, tileNodes, tilePath, tileWidth } from './tiles.ts'

/** A signed checkpoint that was opened. `text` is what cosignatures cover. */
export type SeenCheckpoint = { readonly checkpoint: Checkpoint; readonly note: CheckpointNote; readonly text: string }

/** How two checkpoints of one log stand to one another. */
export type Comparison =
  | { readonly outcome: 'same' | 'extends' }
  | { readonly outcome: 'fork'; readonly fork: Fork }
  /** The tiles are not of the tree that the larger checkpoint names. */
  | { readonly outcome: 'unproven' }

/** Bytes of a file below a log's prefix, e.g. `tile/0/000.p/7`. */
export type ReadLogFile = (path: string) => Promise<Uint8Array>

/** Full tiles that are kept at hand: 2 MiB, a path of tiles many times over. */
const MAX_TILES_KEPT = 256

/** A checkpoint of the network that `genesis` begins, with the coordinator's signatures alone; undefined when it did not sign the note. */
export function seenCheckpoint(encoded: string, genesis: Genesis): SeenCheckpoint | undefined {
  const opened = openCheckpointNote(encoded, forkAuthority({ genesis }))
  if (opened === undefined) return undefined
  const { note, checkpoint } = opened
  const { text } = note
  const signatures = note.signatures.filter(({ name }) => text.startsWith(`${name}\n`))
  return { checkpoint, text, note: encodeNote({ text, signatures }) as CheckpointNote }
}

/** Compares two checkpoints with `tilesOf` the larger tree. Throws what reading tiles throws. */
export async function compareCheckpoints(
  genesis: Genesis,
  [one, other]: readonly [SeenCheckpoint, SeenCheckpoint],
  tilesOf: (size: number) => TileReader,
): Promise<Comparison> {
  const [smaller, larger] = one.checkpoint.size <= other.checkpoint.size ? [one, other] : [other, one]
  const notes = [smaller.note, larger.note] as const
  const { size } = smaller.checkpoint
  if (size === larger.checkpoint.size) {
    const { root } = larger.checkpoint
    if (root === smaller.checkpoint.root) return { outcome: 'same' }
    return { outcome: 'fork', fork: { format: FORK_FORMAT, genesis, notes, root, path: [] } }
  }
  const nodes = tileNodes(tilesOf(larger.checkpoint.size))
  const root = size === 0 ? EMPTY_ROOT : await rootAt(nodes, size)
  const path = await consistencyPath(nodes, size, larger.checkpoint.size)
  if (!verifyConsistency({ size, root }, larger.checkpoint, path)) return { outcome: 'unproven' }
  if (root === smaller.checkpoint.root) return { outcome: 'extends' }
  return { outcome: 'fork', fork: { format: FORK_FORMAT, genesis, notes, root, path } }
}

/** Tiles read through `read`, full ones once. */
export function remoteTiles(read: ReadLogFile): (size: number) => TileReader {
  const kept = new Map<string, Uint8Array>()
  const tile = async (key: TileKey, size: number): Promise<Uint8Array> => {
    const width = tileWidth(key, size)
    const path = tilePath({ ...key, width })
    const known = kept.get(path)
    if (known !== undefined) return known
    const bytes = await read(path)
    if (kept.size >= MAX_TILES_KEPT) kept.clear()
    kept.set(path, bytes)
    return bytes
  }
  return (size) => ({ readTiles: (keys) => Promise.all(keys.map((key) => tile(key, size))) })
}
