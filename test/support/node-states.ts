// States of a node for looking at the page without a grid: the development page and its tests. Never part of a build.
import type { PublicKey } from '#core/ed25519.ts'
import { type Held, easingWords, pauseWords } from '#node/guest/cause.ts'
import type { BeatSlot, NodeState, UnitRecord } from '#node/state.ts'
import { atStep, toldWhy } from '#node/step.ts'
import { OFF_STATE } from '#ui/session.ts'
import { unitReason, unitWhat } from './unit-sentences.ts'

const NODE = '5e'.repeat(32) as PublicKey
const REWARD = '2147483648000000'
const PEERS = ['3fa1c2', 'a07b19', 'c9e4d0', '51d8ff', '0b77e3'].map((start) => start + '9d27e1'.repeat(9) + '60ab')
const UNIT = { unit: '7c01'.repeat(16), certificate: 'e51b'.repeat(16) }

/** Every state worth looking at, by name, as it would be at `nowMs`. */
export function nodeStates(nowMs: number) {
  const units = unitRecords(nowMs)
  const done = units.slice(2)
  const working: NodeState = {
    ...OFF_STATE,
    phase: 'working',
    ...atStep('computing'),
    node: NODE,
    device: {
      backend: 'webgpu',
      adapter: 'nvidia hopper',
      isSoftware: false,
      features: ['packed_4x8_integer_dot_product'],
    },
    language: {
      info: { backend: 'webgpu', adapter: 'nvidia hopper', isSoftware: false, features: [] },
      note: 'Language models run on the GPU: for the same steps the GPU took 212 ms, WebAssembly took 1240 ms.',
    },
    report: {
      kernels: ['products', 'language'],
      ratedMops: 4_180_000,
      maxModelBytes: 2 ** 31,
      testedMs: nowMs - 600_000,
    },
    rateMops: 3912,
    unitsDone: 18,
    creditedSession: '34359738368000000',
    balance: '1203144958123000000',
    pending: '171798691840000000',
    peers: PEERS.map((node, i) => ({ node, transport: i === 3 ? 'websocket' : i === 4 ? 'relay' : 'webrtc' })),
    draws: { checked: 0, unchecked: 0 },
    evidence: [],
    units,
    beats: day(nowMs),
  }
  const unreachable = {
    name: 'node.NoCoordinator',
    kind: 'unavailable',
    message: 'There is no coordinator at https://grid.example: it cannot be reached.',
  } as const
  const failing = {
    name: 'node.DeviceFailing',
    kind: 'capacity',
    message:
      'The device failed 3 units in a row. The GPU was lost, and lost again after it was opened anew: the driver hung. Reload the page to try again.',
  } as const
  const input = { pauses: [], easings: [{ code: 'input', seconds: 30 }], share: 0.125 } satisfies Held
  return {
    off: OFF_STATE,
    starting: { ...OFF_STATE, phase: 'starting', ...atStep('loading') },
    waiting: {
      ...working,
      phase: 'waiting',
      ...atStep('idle'),
      rateMops: 0,
      unitsDone: 0,
      creditedSession: '0',
      balance: '0',
      pending: '0',
      units: [],
      peers: working.peers.slice(0, 2),
      beats: working.beats.slice(-12),
    },
    working,
    throttled: { ...working, held: input, ...toldWhy(easingWords(input)), rateMops: 978 },
    'throttled-waiting': {
      ...working,
      phase: 'waiting',
      held: input,
      ...atStep('idle', easingWords(input)),
      rateMops: 0,
      units: done,
    },
    protected: { ...working, tier: 1 },
    paused: pausedFor(working, done, [{ code: 'battery' }]),
    'paused-twice': pausedFor(working, done, [
      { code: 'hidden' },
      { code: 'battery-low', percent: 31, floorPercent: 50 },
    ]),
    hidden: pausedFor(working, done, [{ code: 'hidden' }]),
    reconnecting: {
      ...working,
      phase: 'reconnecting',
      ...toldWhy('The coordinator cannot be reached; trying again.'),
      peers: working.peers.slice(0, 1),
      units: done,
    },
    stopped: { ...working, phase: 'off', ...toldWhy(''), rateMops: 0, peers: [], units: done },
    attention: {
      ...working,
      phase: 'attention',
      ...toldWhy(failing.message),
      peers: [],
      rateMops: 0,
      units: done,
      error: failing,
    },
    failed: { ...OFF_STATE, phase: 'attention', ...atStep('not-started'), error: unreachable },
    reference: {
      ...working,
      isIdentityPersistent: false,
      device: { backend: 'cpu', adapter: 'TypeScript reference', isSoftware: true, features: [] },
      deviceNote:
        'There is no GPU to compute on: the browser offers no adapter. Computing on the CPU instead, much slower.',
      language: null,
      report: { kernels: ['products'], ratedMops: 184, maxModelBytes: 2 ** 28, testedMs: nowMs - 600_000 },
      rateMops: 184,
      peers: working.peers.slice(0, 2),
    },
  } satisfies Record<string, NodeState>
}

function unitRecords(nowMs: number): UnitRecord[] {
  return [
    unit(nowMs, 0, 'computing', 2),
    unit(nowMs, 1, 'checking', 4),
    unit(nowMs, 2, 'agreed', 9),
    unit(nowMs, 3, 'agreed', 71),
    unit(nowMs, 4, 'lost', 240),
    unit(nowMs, 5, 'rejected', 610),
    ...Array.from({ length: 14 }, (_, i) => unit(nowMs, 6 + i, 'agreed', 800 + 47 * i)),
  ]
}

/** `working` while the rules pause it. */
function pausedFor(working: NodeState, units: readonly UnitRecord[], pauses: Held['pauses']): NodeState {
  const held = { pauses, easings: [], share: 1 }
  return { ...working, phase: 'paused', held, ...toldWhy(pauseWords(held) ?? ''), rateMops: 0, units }
}

function unit(nowMs: number, i: number, outcome: UnitRecord['outcome'], secondsAgo: number): UnitRecord {
  const what = unitWhat(i)
  const startedMs = nowMs - secondsAgo * 1000 - 1240
  const isDone = outcome === 'agreed' || outcome === 'rejected' || outcome === 'lost'
  const peers = outcome === 'computing' ? [] : [{ node: PEERS[i % 3] ?? '', transport: 'webrtc' as const }]
  return {
    unit: UNIT.unit.replace('7c01', i.toString(16).padStart(4, '0')),
    what,
    startedMs,
    finishedMs: isDone ? startedMs + 1240 + 37 * i : null,
    outcome,
    credited: isDone ? (outcome === 'agreed' ? REWARD : '0') : null,
    reason: isDone
      ? unitReason(outcome, what)
      : outcome === 'computing'
        ? 'Computing.'
        : 'Checking the other replicas.',
    certificate: outcome === 'agreed' ? UNIT.certificate : null,
    peers,
  }
}

function day(nowMs: number): BeatSlot[] {
  const now = Math.floor(nowMs / 60_000)
  const beats: BeatSlot[] = []
  for (let ago = 1380; ago >= 0; ago--) {
    if (ago > 840 && ago < 1290) continue
    const state =
      ago > 700 && ago < 780 ? 'paused' : ago > 420 && ago < 500 ? 'stopped' : ago % 300 < 120 ? 'idle' : 'working'
    beats.push({ slot: now - ago, state, isWitnessed: ago % 13 !== 0 })
  }
  return beats
}
