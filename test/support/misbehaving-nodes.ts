// Nodes that break the rules, composed of the real parts and one that lies. They exist in tests only.
import { systemClock } from '#core/clock.ts'
import type { Digest } from '#core/digest.ts'
import { EMPTY_ROOT, leafDigest, merkleRoot } from '#core/merkle.ts'
import { signMessage } from '#core/signed.ts'
import { MAX_RATED_MOPS } from '#liveness/beat.ts'
import { sendCommitment, serveCommitments } from '#net/protocols/commit/handler.ts'
import { exchangeReveals, serveReveals } from '#net/protocols/reveal/handler.ts'
import { type Desk, type Exchange, type ExchangeParts, openExchange } from '#node/exchange.ts'
import { Mailbox } from '#node/mailbox.ts'
import type { UnitResult } from '#node/worker-api.ts'
import type { WorkerHandle } from '#node/worker-link.ts'
import { closeId } from '#verify/close.ts'
import { openingNonce, openingOf, signCommitment } from '#verify/commit.ts'
import { COMMITMENT_TYPE, type Commitment } from '#verify/commitment.ts'
import { REVEAL_TYPE, type Reveal } from '#verify/reveal.ts'
import { type Lease, leaseId } from '#work/lease.ts'
import { unitId } from '#work/unit.ts'

const PATIENCE_MS = 15_000

/** A worker whose results, while `isWrong`, have one wrong element in part `index`. */
export function wrongTileWorker(open: () => WorkerHandle, index = 0, isWrong = () => true): () => WorkerHandle {
  return () => {
    const handle = open()
    const run: WorkerHandle['api']['run'] = async (...call) => {
      const result = await handle.api.run(...call)
      return isWrong() ? falsified(result, index) : result
    }
    return { ...handle, api: { ...handle.api, run } }
  }
}

/** A worker that computes right, and says of everything it audits that part `part` is wrong. */
export function slanderingWorker(open: () => WorkerHandle, part = 0): () => WorkerHandle {
  return () => {
    const handle = open()
    const audit: WorkerHandle['api']['audit'] = async () => part
    return { ...handle, api: { ...handle.api, audit } }
  }
}

/** A worker that computes right, and gives wrong third opinions; `onSelfTest` is told of every self-test. */
export function wrongOpinionWorker(open: () => WorkerHandle, onSelfTest: () => void): () => WorkerHandle {
  return () => {
    const handle = open()
    const recompute: WorkerHandle['api']['recompute'] = async (...call) =>
      (await handle.api.recompute(...call)).map((byte, at) => (at === 0 ? byte ^ 1 : byte))
    const selfTest: WorkerHandle['api']['selfTest'] = (seed, kernels) => {
      onSelfTest()
      return handle.api.selfTest(seed, kernels)
    }
    return { ...handle, api: { ...handle.api, recompute, selfTest } }
  }
}

/** A worker that says it is the fastest there is: the coordinator chooses primaries by that. */
export function fastestWorker(open: () => WorkerHandle): () => WorkerHandle {
  return () => {
    const handle = open()
    const selfTest: WorkerHandle['api']['selfTest'] = async (...call) => ({
      ...(await handle.api.selfTest(...call)),
      ratedMops: MAX_RATED_MOPS,
    })
    return { ...handle, api: { ...handle.api, selfTest } }
  }
}

/** A worker that computes right and keeps the bytes: its node agrees, and hands the unit back when it is asked for the result. */
export function keepingWorker(open: () => WorkerHandle): () => WorkerHandle {
  return () => {
    const handle = open()
    const run: WorkerHandle['api']['run'] = async (...call) => ({ ...(await handle.api.run(...call)), parts: [] })
    return { ...handle, api: { ...handle.api, run } }
  }
}

/** A result that was certified: its parts, and the possession tag that one of its replicas revealed. */
export type OldResult = { readonly parts: readonly Uint8Array<ArrayBuffer>[]; readonly tag: Digest }

/** A worker that computes nothing of units in `old`, by their ids, and gives the result and the tag that it finds there. */
export function replayingWorker(open: () => WorkerHandle, old: ReadonlyMap<Digest, OldResult>): () => WorkerHandle {
  return () => {
    const handle = open()
    const tasks = new Map<string, OldResult>()
    const run: WorkerHandle['api']['run'] = async (task, unit, ...rest) => {
      const known = old.get(unitId(unit))
      if (known === undefined) return handle.api.run(task, unit, ...rest)
      tasks.set(task, known)
      const parts = known.parts.map((part) => part.slice())
      const leaves = parts.map((part) => leafDigest(part))
      return { parts, leaves, root: merkleRoot(leaves), busyMs: 0 }
    }
    const possession: WorkerHandle['api']['possession'] = async (task, key) =>
      tasks.get(task)?.tag ?? handle.api.possession(task, key)
    return { ...handle, api: { ...handle.api, run, possession } }
  }
}

function falsified(result: UnitResult, index: number): UnitResult {
  const parts = result.parts.map((part) => part.slice())
  const part = parts[index]
  if (part === undefined) throw new RangeError(`The result has no part ${index}.`)
  part[0] = (part[0] ?? 0) ^ 1
  const leaves = parts.map((each) => leafDigest(each))
  return { ...result, parts, leaves, root: merkleRoot(leaves) }
}

/** The exchange of a node that, while `isLying`, tells its peers one commitment and the coordinator another. */
export function equivocatingExchange(isLying: () => boolean): (parts: ExchangeParts) => Promise<Exchange> {
  return async (parts) => {
    const exchange = await openExchange(parts)
    return {
      close: () => exchange.close(),
      join(lease) {
        const desk = exchange.join(lease)
        return {
          addPeers: (peers) => desk.addPeers(peers),
          reveal: (close) => desk.reveal(close),
          leave: () => desk.leave(),
          async commit(computed) {
            const told = await desk.commit(computed)
            if (!isLying()) return told
            const other = openingOf(lease, { ...computed, nonce: openingNonce(parts.random) })
            return signCommitment(parts.signer, parts.signing(), other)
          },
        }
      },
    }
  }
}

/** The exchange of a node that commits to the hash that a peer committed to, and reveals what that peer reveals. */
export async function openCopyingExchange(parts: ExchangeParts): Promise<Exchange> {
  const copier = new Copier(parts)
  const stopCommitments = await serveCommitments(parts.peer, async ({ commitment }) => {
    copier.commitments.put(commitment.body.unit, commitment)
    return true
  })
  const stopReveals = await serveReveals(parts.peer, async ({ close, reveal }) => {
    copier.reveals.put(closeId(close), reveal)
    return copier.copyOf(reveal)
  })
  return {
    join: (lease) => copier.desk(lease),
    close: async () => {
      await stopCommitments()
      await stopReveals()
    },
  }
}

class Copier {
  readonly commitments = new Mailbox<Commitment>(systemClock) // by unit
  readonly reveals = new Mailbox<Reveal>(systemClock) // by close
  readonly #parts: ExchangeParts
  #lease: Lease | undefined

  constructor(parts: ExchangeParts) {
    this.#parts = parts
  }

  desk(lease: Lease): Desk {
    const { peer, signer, signing } = this.#parts
    this.#lease = lease
    return {
      addPeers: () => {},
      commit: async () => {
        const { unit } = lease.body
        const seen = await this.commitments.wait(unit, { timeoutMs: PATIENCE_MS })
        if (seen === undefined) throw new Error('There was no commitment to copy.')
        const body = { lease: leaseId(lease), unit, hash: seen.body.hash }
        const commitment = await signMessage(signer, COMMITMENT_TYPE, signing(), body)
        await sendCommitment(peer, seen.signer, { lease, commitment })
        return commitment
      },
      reveal: async (close) => {
        const other = close.body.entries.find(({ node }) => node !== signer.publicKey)
        if (other === undefined) throw new Error('There is nobody to copy from.')
        const body = {
          lease: leaseId(lease),
          close: closeId(close),
          root: EMPTY_ROOT,
          tag: EMPTY_ROOT,
          nonce: EMPTY_ROOT,
        }
        const bait = await signMessage(signer, REVEAL_TYPE, signing(), body)
        const asked = exchangeReveals(peer, other.node, { close, reveal: bait }).then(({ reveal }) => reveal)
        const seen = await Promise.race([asked, this.reveals.wait(closeId(close), { timeoutMs: PATIENCE_MS })])
        if (seen === undefined || seen === null) throw new Error('Nothing was revealed to copy.')
        return { reveal: await this.copyOf(seen), shown: [] }
      },
      leave: () => {},
    }
  }

  async copyOf(seen: Reveal): Promise<Reveal> {
    if (this.#lease === undefined) throw new Error('There is no lease to copy for.')
    const body = { ...seen.body, lease: leaseId(this.#lease) }
    return signMessage(this.#parts.signer, REVEAL_TYPE, this.#parts.signing(), body)
  }
}
