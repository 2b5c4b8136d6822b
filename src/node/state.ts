// What a contributor's node shows to whoever watches it: a page, a widget, a command line. Plain data, structured-cloneable.
import type { PublicKey } from '#core/ed25519.ts'
import type { ErrorRecord } from '#core/errors.ts'
import type { GuestRules } from '#core/guest-rules.ts'
import type { SiteShare } from '#identity/split.ts'
import type { KeptEvidence } from './evidence-store.ts'
import type { Held } from './guest/cause.ts'
import type { Step } from './step.ts'
import type { BackendInfo } from '#tensor/backend.ts'

/** Where a node is in its life. `attention` needs the person: the error says what to do. */
export type Phase = 'off' | 'starting' | 'waiting' | 'working' | 'paused' | 'reconnecting' | 'stopping' | 'attention'

/** What a person chooses. The node signs it, and the worker checks it again and holds the device to it. */
export type Consent = {
  /** Share of the device, 0.05 to 1. */
  readonly gpuShare: number
  /** Unix time after which the consent is void. */
  readonly expiresMs: number
  /** Host page when the node runs in the widget, null on our own page. */
  readonly site: string | null
  /** What of the credit that page's account gets; nothing when it is null or left out. */
  readonly split?: SiteShare | null
  /** When to lend; the considerate defaults when it is left out. */
  readonly rules?: GuestRules
}

/** One unit in a node's list, newest first. */
export type UnitRecord = {
  readonly unit: string
  readonly what: string
  readonly startedMs: number
  readonly finishedMs: number | null
  readonly outcome: 'computing' | 'committed' | 'checking' | 'agreed' | 'rejected' | 'lost'
  /** Atto-credit as decimal text; null until settled. */
  readonly credited: string | null
  /** Why it was or was not credited, in words. */
  readonly reason: string
  readonly certificate: string | null
  /** Peers that checked it and how their bytes came. */
  readonly peers: readonly { readonly node: string; readonly transport: 'webrtc' | 'websocket' | 'relay' | null }[]
}

/** One slot of the strip of beats. */
export type BeatSlot = {
  readonly slot: number
  readonly state: 'working' | 'idle' | 'paused' | 'stopped' | 'none'
  readonly isWitnessed: boolean
}

/** What a device showed of itself in a self-test that was accepted. */
export type DeviceReport = {
  readonly kernels: readonly ('products' | 'language')[]
  /** Million integer operations a second on a square product. */
  readonly ratedMops: number
  /** Largest model file that it takes. */
  readonly maxModelBytes: number
  readonly testedMs: number
}

/** Everything there is to show. */
export type NodeState = {
  readonly phase: Phase
  /** Why the phase is what it is, as a short sentence. */
  readonly reason: string
  /** What the reason begins with, as a code; null where it is all in somebody's words. */
  readonly step: Step | null
  /** What of the device the rules of the consent hold back, and why. */
  readonly held: Held
  readonly error: ErrorRecord | null
  readonly node: PublicKey | null
  readonly isIdentityPersistent: boolean
  readonly tier: number
  readonly device: BackendInfo | null
  /** In plain words, what of the device is not as it should be; empty when all is well. */
  readonly deviceNote: string
  /** What language models run on, and in a sentence why; null until the first one. */
  readonly language: { readonly info: BackendInfo; readonly note: string } | null
  /** What came of the last admission's self-test; null before the first. */
  readonly report: DeviceReport | null
  /** Unix time until which a passkey vouches for the node's key; null without one. */
  readonly delegatedUntilMs: number | null
  /** Million integer operations a second over the last units. */
  readonly rateMops: number
  readonly unitsDone: number
  /** Atto-credit as decimal text: since the node started, what the account can spend, and what it has earned that has not matured. */
  readonly creditedSession: string
  readonly balance: string
  readonly pending: string
  readonly peers: readonly { readonly node: string; readonly transport: 'webrtc' | 'websocket' | 'relay' }[]
  /** Draws that this node was part of and has made again, and those that it could not. */
  readonly draws: { readonly checked: number; readonly unchecked: number }
  /** Proofs that somebody broke the rules, which this node keeps, oldest first. `says` is in plain words. */
  readonly evidence: readonly Pick<KeptEvidence, 'id' | 'against' | 'says' | 'atMs'>[]
  /** Newest first, at most {@link MAX_RECORDS}. */
  readonly units: readonly UnitRecord[]
  readonly beats: readonly BeatSlot[]
}

/** Units kept for showing: a screenful many times over, bounded so that a day's work does not grow the page. */
export const MAX_RECORDS = 200

/** A running contribution: what pages and the command line hold. */
export interface Contribution {
  readonly state: NodeState
  /** Calls `listener` after every change; returns its unsubscription. */
  onChange(listener: (state: NodeState) => void): () => void
  /** Creates a device key (a passkey) and delegates to this session's key. Must be called from a user gesture. */
  protectWithPasskey(): Promise<void>
  pause(reason: string): void
  resume(): void
  /** Puts another consent in place of the one that runs, from now on. Rejects when it does not hold. */
  changeConsent(consent: Consent): Promise<void>
  /** Stops: the worker is gone within 100 ms, a signed beat says so, leases are handed back. */
  stop(): Promise<void>
}
