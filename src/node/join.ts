// A node's place in the network: its peer, and everything that serves on it. Opened once; reconnecting is the peer's own business.
import type { Clock } from '#core/clock.ts'
import type { Digest } from '#core/digest.ts'
import type { PublicKey } from '#core/ed25519.ts'
import type { Random } from '#core/random.ts'
import type { Checkpoint, SigningContext } from '#core/signed.ts'
import type { Split } from '#identity/split.ts'
import type { ContributorPeer, ContributorPeerOptions } from '#net/contributor-peer.ts'
import { serveAudits } from '#net/protocols/audit/handler.ts'
import { serveThird } from '#net/protocols/arbitrate/handler.ts'
import { serveLeases } from '#net/protocols/lease/handler.ts'
import type { Kind } from '#work/kind.ts'
import type { Unit } from '#work/unit.ts'
import { auditResult } from './auditor.ts'
import { Beats } from './beats.ts'
import { type DrawCheck, DrawChecks } from './draw-checks.ts'
import type { DrawSource } from './draw-source.ts'
import type { NewEvidence } from './evidence-store.ts'
import type { Exchange, ExchangeParts } from './exchange.ts'
import { serveLogViews } from './log-views.ts'
import type { LogWitness } from './log-witness.ts'
import { type NodeIdentity, payeesOf } from './identity.ts'
import { FileFetch } from './file-fetch.ts'
import { InputCache, blobFetcher } from './inputs.ts'
import type { LeaseOutcome } from './lease-run.ts'
import { Leases } from './leases.ts'
import type { NetworkInfo } from './network-info.ts'
import { assertRoom } from './model-limit.ts'
import { watchPeers } from './peer-list.ts'
import { putResult } from './results.ts'
import { thirdOpinion } from './third.ts'
import type { NodeState, UnitRecord } from './state.ts'
import { openWitnessDesk } from './witness-desk.ts'
import type { WorkerApi } from './worker-api.ts'

/** What joining needs. */
export type JoinParts = {
  readonly network: NetworkInfo
  readonly identity: NodeIdentity
  /** What of its credit goes to a site. */
  readonly split: Split | null
  readonly worker: WorkerApi
  /** Most bytes of a model file that the device takes. */
  readonly maxModelBytes: number
  readonly clock: Clock
  readonly random: Random
  readonly findKind: (name: string, version: number) => Kind
  readonly openPeer: (options: ContributorPeerOptions) => Promise<ContributorPeer>
  readonly openExchange: (parts: ExchangeParts) => Promise<Exchange>
  /** Network and checkpoint that signatures carry now. */
  readonly signing: () => SigningContext
  /** Why offers are declined now; undefined while they are welcome. */
  readonly refusal: () => string | undefined
  /** Keeps what must be closed in the end, the last first. */
  readonly own: (close: () => Promise<void> | void) => void
  /** Keeps proof that somebody broke the rules. */
  readonly onEvidence: (evidence: NewEvidence) => Promise<void>
  /** This node's view of the log, and what to do when a peer's contradicts it. */
  readonly witness: LogWitness
  readonly onBroken: (error: unknown) => void
  readonly onCheckpoint: (checkpoint: Checkpoint) => void
  readonly onRecord: (id: string, record: UnitRecord) => void
  readonly onOutcome: (outcome: LeaseOutcome) => void
  readonly onLeaseCount: () => void
  readonly drawSource: DrawSource
  /** Told what came of a draw that this node was part of. */
  readonly onDrawChecked: (check: DrawCheck) => void
  readonly onPeers: (peers: NodeState['peers']) => void
  readonly onStrip: (strip: NodeState['beats']) => void
}

/** A node in its network. */
export type Joined = { readonly peer: ContributorPeer; readonly beats: Beats; readonly leases: Leases }

/** Opens the peer and serves leases, commitments, reveals, beats on it. */
export async function join(parts: JoinParts): Promise<Joined> {
  const { network, identity, worker, clock, random, signing, own } = parts
  const { signer } = identity
  const { coordinator } = network
  const peer = await parts.openPeer({ signer, coordinator: network.addresses, clock, random })
  own(() => peer.close())
  const authority = () => ({ network: signing().network, coordinator })
  const witness = openWitnessDesk({ peer, clock, authority, keep: parts.onEvidence })
  const draws = new DrawChecks({
    clock,
    authority,
    source: parts.drawSource,
    keep: parts.onEvidence,
    onCheckpoint: parts.onCheckpoint,
    onChecked: parts.onDrawChecked,
  })
  own(() => draws.close())
  const onEquivocation: ExchangeParts['onEquivocation'] = (pair, lease) => witness.take(pair, lease)
  const views = await serveLogViews({ peer, witness: parts.witness, onBroken: parts.onBroken })
  own(() => views.close())
  const onPeerCheckpoint = (checkpoint: Checkpoint, node: PublicKey) => views.heard(checkpoint, node)
  const heard = { onEquivocation, onPeerCheckpoint }
  const exchange = await parts.openExchange({ peer, signer, coordinator, random, signing, ...heard })
  own(() => exchange.close())
  const fetcher = blobFetcher(peer, coordinator)
  const files = new FileFetch(fetcher, worker)
  const inputs = new InputCache(fetcher)
  own(() => inputs.clear())
  const findKind = ({ kind, version }: Unit) => parts.findKind(kind, version)
  const fetchInputs = async (unit: Unit, kind: Kind, signal: AbortSignal) => {
    assertRoom(unit, kind, parts.maxModelBytes)
    await files.bring(unit, kind, signal)
    return inputs.partsOf(unit, kind, signal)
  }
  const leases = new Leases({
    signer,
    coordinator,
    clock,
    worker,
    exchange,
    signing,
    payees: () => payeesOf(identity, clock),
    split: parts.split,
    findKind,
    fetchInputs,
    deliver: (lease, content, signal) => putResult(peer, lease, content, signal),
    onEquivocation: (pair) => witness.take(pair, null),
    accuse: (handed, signal) => witness.report(handed, signal),
    refusal: parts.refusal,
    maxModelBytes: parts.maxModelBytes,
    onRecord: parts.onRecord,
    onOutcome: parts.onOutcome,
    onSettled: (lease, settled) => draws.add(lease, settled),
    onCount: parts.onLeaseCount,
  })
  const beats = new Beats({ peer, coordinator, signer, clock, worker, signing, onStrip: parts.onStrip })
  own(() => beats.close())
  own(
    await serveLeases(peer, coordinator, (offer, stream) => {
      parts.onCheckpoint(offer.lease.checkpoint)
      return leases.serve(offer, stream)
    }),
  )
  const third = { signer, coordinator, clock, worker, signing, findKind, fetchInputs, refusal: parts.refusal }
  own(await serveThird(peer, coordinator, (request, signal) => thirdOpinion(request, third, signal)))
  const fetchParts = async (id: Digest, leaves: readonly Digest[], signal: AbortSignal) => {
    const found: Uint8Array<ArrayBuffer>[] = []
    await fetcher(id, { parts: [...leaves.keys()], onPart: (index, bytes) => void (found[index] = bytes), signal })
    return found
  }
  const auditor = { ...third, random, fetchContent: fetchParts }
  own(await serveAudits(peer, coordinator, (request, signal) => auditResult(request, auditor, signal)))
  own(watchPeers(peer, parts.onPeers))
  await beats.start(identity.beatKey)
  return { peer, beats, leases }
}
