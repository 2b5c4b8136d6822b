// A contributor's node from consent to goodbye: opens the device, joins the network, is admitted, serves leases, beats, pauses, stops.
// Everything it is made of is handed in; browser.ts and process.ts compose it.
import type { Clock } from '#core/clock.ts'
import { AppError, toErrorRecord } from '#core/errors.ts'
import type { Digest } from '#core/digest.ts'
import type { Random } from '#core/random.ts'
import type { Checkpoint, SigningContext } from '#core/signed.ts'
import type { ContributorPeer, ContributorPeerOptions } from '#net/contributor-peer.ts'
import type { Kind } from '#work/kind.ts'
import { introduce } from './admission.ts'
import { Earnings } from './earnings.ts'
import type { DrawCheck } from './draw-checks.ts'
import type { DrawSource } from './draw-source.ts'
import type { EvidenceStore, NewEvidence } from './evidence-store.ts'
import type { Exchange, ExchangeParts } from './exchange.ts'
import { GuestDesk, type WatchSignals } from './guest/desk.ts'
import { type Held, NOT_HELD, easingWords, pauseWords } from './guest/cause.ts'
import type { NodeIdentity } from './identity.ts'
import type { LeaseOutcome } from './lease-run.ts'
import { type Joined, join } from './join.ts'
import type { LogSource } from './log-source.ts'
import { type CheckpointPlace, LogWitness } from './log-witness.ts'
import type { NetworkInfo } from './network-info.ts'
import { isTransient, stayConnected, untilThere } from './reconnect.ts'
import type { Tally } from './tally.ts'
import { type SiteSplit, siteSplit } from './site-split.ts'
import { ShownPhase } from './shown-phase.ts'
import { StatePublisher } from './state-publisher.ts'
import { type Why, atStep, toldWhy } from './step.ts'
import type { Consent, Contribution, NodeState, Phase } from './state.ts'
import type { BackendChoice } from './open-devices.ts'
import type { BeatStatus, OpenedDevice } from './worker-api.ts'
import { type WorkerHandle, workerClock } from './worker-link.ts'

/** What a node is composed of. */
export type NodeParts = {
  readonly consent: Consent
  readonly preferred: BackendChoice
  readonly kinds: readonly Kind[]
  readonly findKind: (name: string, version: number) => Kind
  readonly clock: Clock
  readonly random: Random
  readonly tally: Tally
  readonly evidence: EvidenceStore
  readonly obtainIdentity: () => Promise<NodeIdentity>
  readonly fetchNetwork: (signal: AbortSignal) => Promise<NetworkInfo>
  readonly log: LogSource
  /** Where the largest checkpoint of a network's log is kept. */
  readonly logPlace: (network: Digest) => CheckpointPlace
  readonly draws: DrawSource
  readonly openWorker: () => WorkerHandle
  /** What the page sees of device and person; left out where there is no page. */
  readonly watchSignals?: WatchSignals
  readonly openPeer: (options: ContributorPeerOptions) => Promise<ContributorPeer>
  readonly openExchange: (parts: ExchangeParts) => Promise<Exchange>
}

/** Units in a row that the device may fail before the person is asked. */
export const MAX_FAILURES = 3

/** What others hear of a pause by the consent's rules: battery, hours and habits are nobody's business. */
const RESTING = 'the device rests'

/** Goodbyes are said within this, then everything is cut. */
export const GOODBYE_TIMEOUT_MS = 2_000

type Live = Joined & { readonly worker: WorkerHandle; readonly identity: NodeIdentity; device: OpenedDevice }

/** Starts a node. Its state says how it goes; nothing is thrown. */
export function startNode(parts: NodeParts): NodeContribution {
  const node = new NodeContribution(parts)
  node.start()
  return node
}

/** A running node. Stop it. */
export class NodeContribution implements Contribution {
  readonly #parts: NodeParts
  readonly #publisher = new StatePublisher()
  readonly #earnings = new Earnings()
  readonly #stop = new AbortController()
  #worker: WorkerHandle | undefined
  #context: SigningContext | undefined
  #split: SiteSplit | null = null
  #live: Live | undefined
  readonly #closers: (() => Promise<void> | void)[] = []
  #isAdmitted = false
  #isResting = false
  #pauseReason: string | undefined
  readonly #guest: GuestDesk
  readonly #shown = new ShownPhase(this.#publisher, () => this.#pausedBecause)
  #ratedMops = 0
  #unitsBefore = 0
  #failures = 0
  #isStopWanted = false
  #isOver = false
  #ending: Promise<void> | undefined
  #cancelDelegation = () => {}

  constructor(parts: NodeParts) {
    this.#parts = parts
    this.#guest = new GuestDesk({
      consent: parts.consent,
      clock: parts.clock,
      ...(parts.watchSignals === undefined ? {} : { watchSignals: parts.watchSignals }),
      onHeld: (held) => this.#onGuest(held),
      onEnd: (error) => void this.#giveUp(error),
    })
  }

  get state(): NodeState {
    return this.#publisher.state
  }

  onChange(listener: (state: NodeState) => void): () => void {
    return this.#publisher.onChange(listener)
  }

  /** Begins; called once, by {@link startNode}. */
  start(): void {
    this.#phase('starting', atStep('finding'))
    void this.#runToEnd()
  }

  async protectWithPasskey(): Promise<void> {
    if (this.#live === undefined) throw new NotJoinedError()
    await this.#live.identity.protect(this.#signing())
    await this.#sayHello(this.#live)
  }

  pause(reason: string): void {
    if (this.#pauseReason !== undefined || this.#stop.signal.aborted) return
    this.#pauseReason = reason
    this.#live?.leases.handBackComputing(`The contributor paused: ${reason}`)
    this.#refresh()
    this.#beat(true)
  }

  resume(): void {
    if (this.#pauseReason === undefined || this.#stop.signal.aborted) return
    this.#pauseReason = undefined
    this.#refresh()
    this.#beat(true)
  }

  changeConsent(consent: Consent): Promise<void> {
    return this.#guest.change(consent)
  }

  async stop(): Promise<void> {
    this.#isStopWanted = true
    this.#publisher.update({ phase: 'stopping', ...atStep('stopping') })
    await this.#shutDown()
    this.#publisher.update({ phase: 'off', ...atStep('stopped'), error: null })
  }

  async #runToEnd(): Promise<void> {
    try {
      await this.#run()
    } catch (error) {
      await this.#giveUp(error)
    } finally {
      // What was still being opened when the node was stopped.
      await this.#ending
      await this.#closeAll()
    }
  }

  async #run(): Promise<void> {
    const parts = this.#parts
    const { signal } = this.#stop
    this.#guest.start()
    const worker = this.#openWorker()
    const identity = await parts.obtainIdentity()
    this.#closers.push(() => identity.close())
    this.#unitsBefore = await parts.tally.load()
    await parts.evidence.load()
    this.#showEvidence()
    this.#publisher.update({ node: identity.signer.publicKey, isIdentityPersistent: identity.isPersistent })
    const network = await untilThere(parts.fetchNetwork, {
      clock: workerClock(worker),
      random: parts.random,
      signal,
      onFailure: (reason) => this.#phase('reconnecting', toldWhy(reason)),
    })
    signal.throwIfAborted()
    this.#context = { network: network.network, checkpoint: network.checkpoint }
    this.#phase('starting', atStep('opening'))
    const { consent, clock, random } = parts
    this.#split = await siteSplit(consent, identity.signer, this.#context, clock.nowMs(), random)
    const signing = { signer: identity.signer, context: () => this.#signing() }
    const device = await this.#guest.open(worker.api, parts.preferred, signing)
    signal.throwIfAborted()
    this.#showDevice(device)
    this.#phase('starting', atStep('joining'))
    const witness = await this.#openWitness(worker, identity, network)
    signal.throwIfAborted()
    const joined = await this.#join(worker, identity, network, device.maxModelBytes, witness)
    signal.throwIfAborted()
    const live = { ...joined, worker, identity, device }
    this.#live = live
    const listener = {
      onConnected: async () => {
        // A coordinator that comes back may have come back with another log.
        await witness.look()
        await this.#sayHello(live)
        // Only admitted nodes cosign.
        await witness.look()
      },
      onLost: (reason: string) => this.#onLost(reason),
    }
    await stayConnected(live.peer, parts.random, listener, signal)
  }

  async #openWitness(worker: WorkerHandle, identity: NodeIdentity, network: NetworkInfo): Promise<LogWitness> {
    const witness = new LogWitness({
      genesis: network.genesis,
      signer: identity.signer,
      clock: workerClock(worker),
      source: this.#parts.log,
      place: this.#parts.logPlace(network.network),
      keep: (evidence) => this.#keepEvidence(evidence),
      onBroken: (error) => void this.#giveUp(error),
    })
    this.#closers.push(() => witness.close())
    await witness.start()
    return witness
  }

  #openWorker(): WorkerHandle {
    const worker = this.#parts.openWorker()
    this.#worker = worker
    worker.ended.addEventListener('abort', () => {
      if (!this.#isOver) void this.#giveUp(worker.ended.reason)
    })
    return worker
  }

  #join(
    worker: WorkerHandle,
    identity: NodeIdentity,
    network: NetworkInfo,
    maxModelBytes: number,
    witness: LogWitness,
  ): Promise<Joined> {
    const { random, findKind, openPeer, openExchange } = this.#parts
    return join({
      network,
      identity,
      witness,
      onBroken: (error) => void this.#giveUp(error),
      split: this.#split?.split ?? null,
      worker: worker.api,
      maxModelBytes,
      clock: workerClock(worker),
      random,
      findKind,
      openPeer,
      openExchange,
      signing: () => this.#context ?? network,
      refusal: () => this.#refusal(),
      own: (close) => this.#closers.push(close),
      onEvidence: (evidence) => this.#keepEvidence(evidence),
      onCheckpoint: (checkpoint) => this.#sawCheckpoint(checkpoint),
      onRecord: (id, record) => this.#publisher.record(record, id),
      onOutcome: (outcome) => this.#count(outcome),
      onLeaseCount: () => this.#refresh(),
      drawSource: this.#parts.draws,
      onDrawChecked: (check) => this.#countDraw(check),
      onPeers: (peers) => this.#publisher.update({ peers }),
      onStrip: (beats) => this.#publisher.update({ beats }),
    })
  }

  async #sayHello(live: Live): Promise<void> {
    const { peer, identity, device, worker, beats } = live
    const { clock, consent } = this.#parts
    const { network } = this.#signing()
    const kinds = this.#parts.kinds.filter((kind) => device.kernels.includes(kind.kernels))
    const onCheckpoint = (checkpoint: Checkpoint) => this.#sawCheckpoint(checkpoint)
    const { tier, balance, pending, ratedMops, withheld } = await introduce(
      {
        peer,
        network,
        identity,
        device: device.info,
        kinds,
        site: consent.site,
        split: this.#split,
        worker: worker.api,
        clock,
        onCheckpoint,
      },
      this.#stop.signal,
    )
    this.#ratedMops = ratedMops
    this.#showDevice(device, withheld)
    this.#earnings.setAccount(balance, pending)
    const { kernels, maxModelBytes } = device
    const report = { kernels, ratedMops, maxModelBytes, testedMs: clock.nowMs() }
    this.#publisher.update({ tier, report, ...this.#earnings.shown })
    this.#isAdmitted = true
    this.#watchDelegation(live)
    this.#refresh()
    await beats.say(this.#beatStatus(), false)
    this.#beat(true)
  }

  /** When a delegation ends the node says hello again, without it; a hello that fails comes again with the connection. */
  #watchDelegation(live: Live): void {
    const { clock } = this.#parts
    const nowMs = clock.nowMs()
    const delegation = live.identity.delegation(nowMs)
    this.#cancelDelegation()
    this.#publisher.update({ delegatedUntilMs: delegation?.body.expiresMs ?? null })
    if (delegation === null) return
    this.#cancelDelegation = clock.after(delegation.body.expiresMs - nowMs, () => {
      this.#sayHello(live).catch(() => undefined)
    })
  }

  #signing(): SigningContext {
    if (this.#context === undefined) throw new NotJoinedError()
    return this.#context
  }

  #onLost(reason: string): void {
    this.#isAdmitted = false
    this.#phase('reconnecting', toldWhy(reason))
  }

  #refusal(): string | undefined {
    if (this.#stop.signal.aborted) return 'the node is stopping'
    if (this.#pauseReason !== undefined) return `the contributor paused: ${this.#pauseReason}`
    return this.#guest.held.pauses.length === 0 ? undefined : RESTING
  }

  /** The worker has stopped computing already; here the work goes back, and the person is told. */
  #onGuest({ pauses }: Held): void {
    const wasResting = this.#isResting
    this.#isResting = pauses.length > 0
    if (this.#stop.signal.aborted) return
    if (this.#isResting && !wasResting) this.#live?.leases.handBackComputing(RESTING)
    this.#refresh()
    if (this.#isResting !== wasResting) this.#beat(true)
  }

  #count(outcome: LeaseOutcome): void {
    this.#earnings.add(outcome)
    this.#publisher.update(this.#earnings.shown)
    if (outcome.isFaulted) this.#testAgain()
    this.#showLanguage()
    if (outcome.record.outcome === 'agreed') void this.#parts.tally.save(this.#unitsEver())
    this.#failures = outcome.failure === null ? 0 : this.#failures + 1
    if (this.#failures >= MAX_FAILURES && outcome.failure !== null)
      void this.#giveUp(new DeviceFailingError(outcome.failure.message))
  }

  #countDraw({ unchecked }: DrawCheck): void {
    const { draws } = this.#publisher.state
    const isChecked = unchecked === null
    this.#publisher.update({
      draws: { checked: draws.checked + Number(isChecked), unchecked: draws.unchecked + Number(!isChecked) },
    })
  }

  #showLanguage(): void {
    if (this.#live === undefined || this.#publisher.state.language !== null) return
    // A worker that has ended says nothing, and the node's end is told elsewhere.
    this.#live.worker.api.language().then(
      (language) => this.#publisher.update({ language }),
      () => undefined,
    )
  }

  /** A proven fault costs the admission: drivers have bugs, and the self-test tells whether this one computes right again. */
  #testAgain(): void {
    if (this.#live === undefined) return
    this.#renew(this.#live).catch((error: unknown) => {
      if (!this.#stop.signal.aborted && !isTransient(error)) void this.#giveUp(error)
    })
  }

  /** What was learned of the kernels before the fault no longer counts. */
  async #renew(live: Live): Promise<void> {
    live.device = await live.worker.api.renew()
    await this.#sayHello(live)
  }

  #showDevice({ info, note }: OpenedDevice, withheld = ''): void {
    this.#publisher.update({ device: info, deviceNote: `${note} ${withheld}`.trim() })
  }

  #sawCheckpoint(checkpoint: Checkpoint): void {
    if (this.#context === undefined || checkpoint.size <= this.#context.checkpoint.size) return
    this.#context = { ...this.#context, checkpoint }
  }

  async #keepEvidence(evidence: NewEvidence): Promise<void> {
    if (await this.#parts.evidence.add(evidence)) this.#showEvidence()
  }

  #showEvidence(): void {
    const evidence = this.#parts.evidence.kept.map(({ id, against, says, atMs }) => ({ id, against, says, atMs }))
    this.#publisher.update({ evidence })
  }

  /** The phase that follows from what is going on. */
  #refresh(): void {
    if (this.#stop.signal.aborted) return
    const held = this.#pauseReason === undefined ? this.#guest.held : NOT_HELD
    this.#publisher.update({ held })
    this.#shown.follow({
      isAdmitted: this.#isAdmitted,
      leases: this.#live?.leases.count ?? 0,
      easing: easingWords(held),
    })
    this.#beat(false)
  }

  #phase(phase: Phase, why: Why): void {
    if (!this.#stop.signal.aborted) this.#shown.set(phase, why)
  }

  /** The person's own word first, then the rules of the consent. */
  get #pausedBecause(): string | undefined {
    return this.#pauseReason ?? pauseWords(this.#guest.held)
  }

  #beat(isNow: boolean): void {
    if (!this.#isAdmitted) return
    // A beat that fails is a gap in the strip; the worker's end is told elsewhere.
    this.#live?.beats.say(this.#beatStatus(), isNow).catch(() => undefined)
  }

  #beatStatus(): BeatStatus {
    const isWorking = (this.#live?.leases.count ?? 0) > 0
    const state = this.#pausedBecause === undefined ? (isWorking ? 'working' : 'idle') : 'paused'
    return { state, ratedMops: this.#ratedMops, unitsDone: this.#unitsEver() }
  }

  #unitsEver(): number {
    return this.#unitsBefore + this.#earnings.unitsDone
  }

  /** Ends the node because it cannot go on by itself; the state says what to do. */
  async #giveUp(error: unknown): Promise<void> {
    if (this.#isOver) return
    const record = toErrorRecord(error)
    await this.#shutDown()
    if (!this.#isStopWanted) this.#publisher.update({ phase: 'attention', ...toldWhy(record.message), error: record })
  }

  /** The device first and at once, then the goodbyes. */
  #shutDown(): Promise<void> {
    if (this.#ending !== undefined) return this.#ending
    this.#isOver = true
    this.#worker?.terminate()
    this.#stop.abort(new StoppedError())
    this.#guest.close()
    this.#cancelDelegation()
    this.#ending = this.#sayGoodbye().then(() => this.#closeAll())
    return this.#ending
  }

  async #sayGoodbye(): Promise<void> {
    if (this.#live === undefined) return
    const { leases, beats } = this.#live
    const goodbyes = [leases.handBackAll('The contributor stopped.')]
    const status = { ratedMops: this.#ratedMops, unitsDone: this.#unitsEver() }
    if (this.#isAdmitted) goodbyes.push(beats.sayStopped(status))
    const cut = AbortSignal.timeout(GOODBYE_TIMEOUT_MS)
    await Promise.race([Promise.allSettled(goodbyes), new Promise((resolve) => (cut.onabort = resolve))])
  }

  /** Closes what is open, the last opened first; an error of one keeps none of the others open. */
  async #closeAll(): Promise<void> {
    if (!this.#stop.signal.aborted) return
    for (let close = this.#closers.pop(); close !== undefined; close = this.#closers.pop())
      await (async () => close())().catch(() => undefined)
    this.#publisher.update({ peers: [] })
  }
}

/** The node has not joined the network yet. */
export class NotJoinedError extends AppError {
  override readonly name = 'node.NotJoined'
  constructor() {
    super('unavailable', 'The node has not joined the network yet: try again in a moment.')
  }
}

/** The device failed one unit after the other. */
export class DeviceFailingError extends AppError {
  override readonly name = 'node.DeviceFailing'
  constructor(last: string) {
    super('capacity', `The device failed ${MAX_FAILURES} units in a row. ${last} Reload the page to try again.`)
  }
}

/** The node was stopped. */
export class StoppedError extends AppError {
  override readonly name = 'node.Stopped'
  constructor() {
    super('unavailable', 'The node was stopped.')
  }
}
