// Digests of a log's complete subtrees in a map: the smallest store that ledger/log-tree.ts can live on.
import type { Digest } from '#core/digest.ts'
import { type NodeKey, type NodeReader, type TreeNode, appendLeaves } from '#ledger/log-tree.ts'

/** A log in memory. */
export class MemoryLog implements NodeReader {
  readonly nodes = new Map<string, Digest>()
  size = 0
  /** How many nodes were read, to measure what an operation costs. */
  reads = 0

  async read(keys: readonly NodeKey[]): Promise<Digest[]> {
    this.reads += keys.length
    return keys.map(({ level, index }) => {
      const digest = this.nodes.get(`${level}/${index}`)
      if (digest === undefined) throw new Error(`Node ${level}/${index} was never written.`)
      return digest
    })
  }

  /** Appends and keeps the new nodes; returns the new root. */
  async append(...leaves: readonly Digest[]): Promise<Digest> {
    const { nodes, checkpoint } = await appendLeaves(this, this.size, leaves)
    this.write(nodes)
    this.size = checkpoint.size
    return checkpoint.root
  }

  write(nodes: readonly TreeNode[]): void {
    for (const { level, index, digest } of nodes) {
      const key = `${level}/${index}`
      if (this.nodes.has(key)) throw new Error(`Node ${key} was written twice.`)
      this.nodes.set(key, digest)
    }
  }
}
