import { describe, expect, test } from 'vitest'
import { AppError } from '#core/errors.ts'
import type { Consent, Contribution, NodeState } from '#node/state.ts'
import { ContributionSession, OFF_STATE, type StartContribution } from './session.ts'

const NOW_MS = 1_000_000
const CONSENT: Consent = { gpuShare: 0.5, expiresMs: NOW_MS + 1, site: null }

/** A contribution that does what the test says: the port's smallest implementation. */
class CannedContribution implements Contribution {
  state: NodeState = { ...OFF_STATE, phase: 'waiting' }
  stops = 0
  protections = 0
  stopping: Promise<void> = Promise.resolve()
  readonly #listeners = new Set<(state: NodeState) => void>()

  onChange(listener: (state: NodeState) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  become(change: Partial<NodeState>): void {
    this.state = { ...this.state, ...change }
    for (const listener of this.#listeners) listener(this.state)
  }

  async protectWithPasskey(): Promise<void> {
    this.protections++
  }

  pause(): void {}

  resume(): void {}

  consents: Consent[] = []

  async changeConsent(consent: Consent): Promise<void> {
    this.consents.push(consent)
  }

  stop(): Promise<void> {
    this.stops++
    return this.stopping
  }
}

class CannedError extends AppError {
  override readonly name = 'test.Canned'
  constructor() {
    super('unavailable', 'Nobody answers.')
  }
}

function sessionOf(start: StartContribution) {
  const session = new ContributionSession({
    start,
    coordinator: new URL('http://localhost:4747/'),
    clock: { nowMs: () => NOW_MS },
  })
  const phases: string[] = []
  session.onChange(({ phase }) => phases.push(phase))
  return { session, phases }
}

describe('ContributionSession', () => {
  test('behaviour: a changed consent reaches the node that runs, and nothing when none does', async () => {
    const contribution = new CannedContribution()
    const { session } = sessionOf(async () => contribution)
    const changed = { ...CONSENT, gpuShare: 0.2 }
    await session.changeConsent(changed)
    await session.start(CONSENT)
    await session.changeConsent(changed)
    expect(contribution.consents).toEqual([changed])
    const late = new CannedContribution()
    const other = sessionOf(async () => late).session
    const starting = other.start(CONSENT)
    await other.changeConsent(changed)
    await starting
    expect(late.consents).toEqual([changed])
  })

  test('default: off, and nothing is started before start', () => {
    let starts = 0
    const { session } = sessionOf(async () => {
      starts++
      return new CannedContribution()
    })
    expect(session.state).toBe(OFF_STATE)
    expect(starts).toBe(0)
  })

  test('behaviour: hands the consent on and follows the node until it is stopped', async () => {
    const node = new CannedContribution()
    let given: Consent | undefined
    const { session, phases } = sessionOf(async ({ consent }) => {
      given = consent
      return node
    })
    await session.start(CONSENT)
    expect(given).toBe(CONSENT)
    node.become({ phase: 'working', unitsDone: 3, creditedSession: '7' })
    await session.protectWithPasskey()
    await session.stop()
    expect(phases).toEqual(['starting', 'waiting', 'working', 'stopping', 'off'])
    expect(session.state).toMatchObject({ unitsDone: 3, creditedSession: '7', rateMops: 0, peers: [] })
    expect(node).toMatchObject({ stops: 1, protections: 1 })
    node.become({ phase: 'working' })
    expect(session.state.phase).toBe('off')
  })

  test('behaviour: one at a time; a second start does nothing', async () => {
    let starts = 0
    const { session } = sessionOf(async () => {
      starts++
      return new CannedContribution()
    })
    await Promise.all([session.start(CONSENT), session.start(CONSENT)])
    await session.start(CONSENT)
    expect(starts).toBe(1)
  })

  test('limit: a consent that ends now is refused, one that ends a millisecond later is good', async () => {
    let starts = 0
    const { session } = sessionOf(async () => {
      starts++
      return new CannedContribution()
    })
    await session.start({ ...CONSENT, expiresMs: NOW_MS })
    expect(starts).toBe(0)
    await session.start(CONSENT)
    expect(starts).toBe(1)
  })

  test('behaviour: a stop while the node still loads takes it down unseen', async () => {
    const node = new CannedContribution()
    const { promise, resolve } = Promise.withResolvers<Contribution>()
    let signal: AbortSignal | undefined
    const { session, phases } = sessionOf((options) => {
      signal = options.signal
      return promise
    })
    const starting = session.start(CONSENT)
    await session.stop()
    expect(signal?.aborted).toBe(true)
    resolve(node)
    await starting
    expect(node.stops).toBe(1)
    expect(phases).toEqual(['starting', 'stopping', 'off'])
  })

  test('behaviour: a node that ends by itself is over, and the next start makes a new one', async () => {
    const nodes: CannedContribution[] = []
    const { session } = sessionOf(async () => {
      const node = new CannedContribution()
      nodes.push(node)
      return node
    })
    await session.start(CONSENT)
    nodes[0]?.become({ phase: 'attention', error: { name: 'gpu.DeviceLost', kind: 'capacity', message: 'Lost.' } })
    expect(session.state.error?.name).toBe('gpu.DeviceLost')
    expect(nodes[0]?.stops).toBe(1)
    await session.start(CONSENT)
    expect(nodes).toHaveLength(2)
    expect(session.state).toMatchObject({ phase: 'waiting', error: null })
  })

  test('error: a node that does not start is told as attention, and can be tried again', async () => {
    let isUp = false
    const { session } = sessionOf(async () => {
      if (!isUp) throw new CannedError()
      return new CannedContribution()
    })
    await session.start(CONSENT)
    expect(session.state).toMatchObject({
      phase: 'attention',
      error: { name: 'test.Canned', kind: 'unavailable', message: 'Nobody answers.' },
    })
    isUp = true
    await session.start(CONSENT)
    expect(session.state.phase).toBe('waiting')
  })

  test('error: a stop that fails says so and leaves nothing running', async () => {
    const node = new CannedContribution()
    node.stopping = Promise.reject(new CannedError())
    node.stopping.catch(() => {})
    const { session } = sessionOf(async () => node)
    await session.start(CONSENT)
    await session.stop()
    expect(session.state).toMatchObject({ phase: 'attention', error: { name: 'test.Canned' } })
  })
})
