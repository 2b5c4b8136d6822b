// States of a node for looking at the page without a grid: the development page and its tests. Never part of a build.
import type { PublicKey } from '#core/ed25519.ts'
import type { BeatSlot, NodeState, UnitRecord } from '#node/state.ts'
import { OFF_STATE } from '#ui/session.ts'

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
    name: 'net.Unreachable',
    kind: 'unavailable',
    message: 'The coordinator did not answer within 30 s.',
  } as const
  return {
    off: OFF_STATE,
    starting: { ...OFF_STATE, phase: 'starting', reason: 'Loading the node.' },
    waiting: {
      ...working,
      phase: 'waiting',
      reason: 'Nobody asks for work right now.',
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
    protected: { ...working, tier: 1 },
    paused: {
      ...working,
      phase: 'paused',
      reason: 'Your device runs on battery; it goes on when you plug it in.',
      rateMops: 0,
      units: done,
    },
    reconnecting: {
      ...working,
      phase: 'reconnecting',
      reason: 'Trying again in 4 s.',
      peers: working.peers.slice(0, 1),
      units: done,
      error: unreachable,
    },
    stopped: { ...working, phase: 'off', rateMops: 0, peers: [], units: done },
    attention: {
      ...working,
      phase: 'attention',
      reason: 'The GPU did not come back.',
      peers: [],
      rateMops: 0,
      units: done,
      error: { name: 'gpu.DeviceLost', kind: 'capacity', message: 'The GPU was lost three times within a minute.' },
    },
    failed: { ...OFF_STATE, phase: 'attention', reason: 'The node did not start.', error: unreachable },
    reference: {
      ...working,
      isIdentityPersistent: false,
      device: { backend: 'cpu', adapter: 'TypeScript reference', isSoftware: true, features: [] },
      deviceNote: 'No GPU adapter was found. Computing on the CPU instead, much slower.',
      language: null,
      report: { kernels: ['products'], ratedMops: 184, maxModelBytes: 2 ** 28, testedMs: nowMs - 600_000 },
      rateMops: 184,
      peers: working.peers.slice(0, 2),
    },
  } satisfies Record<string, NodeState>
}

function unitRecords(nowMs: number): UnitRecord[] {
  const agreed = 'Two replicas agreed: 2.1 billion operations.'
  return [
    unit(nowMs, 0, 'computing', 2, null, ''),
    unit(nowMs, 1, 'checking', 4, null, ''),
    unit(nowMs, 2, 'agreed', 9, REWARD, agreed),
    unit(nowMs, 3, 'agreed', 71, REWARD, agreed),
    unit(nowMs, 4, 'lost', 240, '0', 'Its deadline passed while your connection was down.'),
    unit(nowMs, 5, 'rejected', 610, '0', 'Part 3 of your result differs from the portable reference.'),
    ...Array.from({ length: 14 }, (_, i) => unit(nowMs, 6 + i, 'agreed', 800 + 47 * i, REWARD, agreed)),
  ]
}

function unit(
  nowMs: number,
  i: number,
  outcome: UnitRecord['outcome'],
  secondsAgo: number,
  credited: string | null,
  reason: string,
): UnitRecord {
  const startedMs = nowMs - secondsAgo * 1000 - 1240
  const isDone = outcome === 'agreed' || outcome === 'rejected' || outcome === 'lost'
  const peers = outcome === 'computing' ? [] : [{ node: PEERS[i % 3] ?? '', transport: 'webrtc' as const }]
  return {
    unit: UNIT.unit.replace('7c01', i.toString(16).padStart(4, '0')),
    what: `Multiplied a ${i % 3 === 0 ? '256 × 256' : '512 × 512'} part of two matrices`,
    startedMs,
    finishedMs: isDone ? startedMs + 1240 + 37 * i : null,
    outcome,
    credited,
    reason,
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
