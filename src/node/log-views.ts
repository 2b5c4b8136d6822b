// A node's side of comparing logs with its peers: when a peer's signed message names a state of the log that this node has not seen, the
// two show one another their notes. A coordinator that shows them different logs is caught by whichever can prove it.
import type { PublicKey } from '#core/ed25519.ts'
import { AppError } from '#core/errors.ts'
import type { Checkpoint } from '#core/signed.ts'
import type { Peer } from '#net/peer.ts'
import { exchangeLogViews, serveLogViews as serveViews } from '#net/protocols/log-view/handler.ts'
import type { LogView } from '#net/protocols/log-view/messages.ts'
import type { LogWitness } from './log-witness.ts'

/** Comparisons with one peer are this far apart: a peer that names ever new states cannot keep this node busy. */
export const COMPARE_EVERY_MS = 30_000

/** Peers remembered for that. */
const MAX_PEERS = 256

/** What comparing needs. */
export type LogViewParts = {
  readonly peer: Peer
  readonly witness: LogWitness
  /** Told that the log cannot be trusted. */
  readonly onBroken: (error: unknown) => void
}

/** Comparing with peers, until it is closed. */
export type LogViews = {
  /** A message of `node` was signed over this state of the log. */
  heard(checkpoint: Checkpoint, node: PublicKey): void
  close(): Promise<void>
}

/** Answers peers that compare, and compares with those whose messages ask for it. */
export async function serveLogViews({ peer, witness, onBroken }: LogViewParts): Promise<LogViews> {
  const own = (): LogView => ({ note: witness.seen?.note ?? null })
  const last = new Map<PublicKey, number>()
  const mayCompare = (node: PublicKey): boolean => {
    const nowMs = peer.clock.nowMs()
    if (nowMs - (last.get(node) ?? Number.NEGATIVE_INFINITY) < COMPARE_EVERY_MS) return false
    if (last.size >= MAX_PEERS) last.clear()
    last.set(node, nowMs)
    return true
  }
  const compare = (view: LogView, node: PublicKey): void => {
    if (view.note === null) return
    witness.compare(view.note, node).catch((error: unknown) => {
      if (error instanceof AppError && error.kind === 'hostile') onBroken(error)
    })
  }
  const stop = await serveViews(peer, own, (view, node) => {
    if (mayCompare(node)) compare(view, node)
  })
  return {
    heard(checkpoint, node) {
      if (!witness.contradicts(checkpoint) || !mayCompare(node)) return
      exchangeLogViews(peer, node, own()).then(
        (view) => compare(view, node),
        () => undefined, // a peer that does not answer is heard of again
      )
    },
    close: stop,
  }
}
