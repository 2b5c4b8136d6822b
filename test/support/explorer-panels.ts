// Elements of the explorer and of the page for site owners in their states, for the development page. Only what a coordinator would answer is canned.
import type { Digest } from '#core/digest.ts'
import type { PublicKey } from '#core/ed25519.ts'
import type { ExplorerApi } from '#sdk/explore/explorer.ts'
import type { LogAlarm, LogRow, LogState } from '#sdk/explore/log-reader.ts'
import type { RecomputeEnd, RecomputeStep } from '#sdk/explore/recompute-unit.ts'
import type { UnitFacts, UnitFault, UnitRecord } from '#sdk/explore/unit-lookup.ts'
import { UNIT_CHECKS } from '#sdk/explore/unit-check-order.ts'
import type { SiteEarnings } from '#sdk/sites.ts'
import { troubleOf } from '#ui/explorer/trouble.ts'
import { daySums } from '#ui/sites/site-sums.ts'

const id = (start: string) => start.repeat(32) as Digest
const key = (start: string) => start.repeat(32) as PublicKey

const ALARM: LogAlarm = {
  kind: 'fork',
  says: 'Two checkpoints of size 40 have different roots.',
  document: '{}',
  isProof: true,
  isNow: true,
}

const FACTS: UnitFacts = {
  what: 'matmul 300 x 40 by 40 x 280',
  kind: 'matmul',
  version: 1,
  comparison: 'exact',
  operations: '6720000',
  auditMethod: 'part',
  parts: 40,
  resultBytes: 336_000,
  inputs: [
    { id: id('a1'), sizeBytes: 12_000 },
    { id: id('b2'), sizeBytes: 11_200 },
  ],
}

const FAULTS: readonly UnitFault[] = [
  { fault: id('f1'), node: key('3a'), cause: 'wrong-part', logIndex: 31 },
  { fault: id('f2'), node: key('a0'), cause: 'equivocation', logIndex: 33 },
]

const STATE: LogState = {
  name: 'garden grid',
  network: id('0c'),
  coordinator: key('9d'),
  size: 120,
  root: id('7e'),
  note: '',
  witnesses: 2,
  remembered: 80,
  alarm: null,
}

const ROWS: readonly LogRow[] = [
  { index: 119, ...unknownRow('{"type":"newer"}'), doubt: null },
  { index: 118, ...unknownRow('{"type":"grant"}'), doubt: 'not-in-log', detail: 'The proof leads to another root.' },
  { index: 117, ...unknownRow(''), leaf: null, doubt: 'withheld' },
]

function unknownRow(json: string): Omit<LogRow, 'index' | 'doubt'> {
  return { entry: null, json, leaf: id('5a'), steps: 7, detail: '' }
}

const RECORD: UnitRecord = {
  unit: id('7c'),
  state: 'failed',
  certificate: null,
  id: null,
  receipt: null,
  facts: FACTS,
  others: [id('e5')],
  disputes: [],
  faults: FAULTS,
}

const never = () => new Promise<never>(() => {})
const unreachable = () => Promise.reject(Object.assign(new Error('No answer.'), { name: 'sdk.Unreachable' }))

function api(changes: Partial<ExplorerApi> = {}): ExplorerApi {
  return {
    look: async () => STATE,
    beginAnew: async () => STATE,
    page: async () => ROWS,
    openUnit: async () => RECORD,
    checkUnit: never,
    checkFault: async ({ logIndex }) => ({ reason: logIndex === 31 ? '' : 'The document is about another node.' }),
    recompute: never,
    stop: async () => {},
    ...changes,
  }
}

/** A recomputation that tells `parts` and then `end`, or goes on for ever. */
function recomputation(isSame: (part: number) => boolean, end: RecomputeEnd | null): ExplorerApi {
  return api({
    recompute: async (onStep: (step: RecomputeStep) => void) => {
      onStep({ step: 'device', device: { backend: 'webgpu', adapter: 'nvidia hopper', isSoftware: false, note: '' } })
      onStep({ step: 'fetched', bytes: 23_200 })
      for (let part = 0; part < FACTS.parts / 2; part++) onStep({ step: 'part', part, isSame: isSame(part) })
      return end ?? never()
    },
  })
}

function earnings(nowMs: number, days: number): SiteEarnings {
  const day = (ago: number) => new Date(nowMs - ago * 86_400_000).toISOString().slice(0, 10)
  return {
    account: {
      balance: '1203144958123000000',
      pending: '171798691840000000',
      burned: days === 0 ? '0' : '5000000000000000',
    },
    from: day(90),
    days: Array.from({ length: days }, (_, ago) => ({
      site: ago % 2 === 0 ? 'https://garden.example' : 'https://a-kitchen-with-a-rather-long-name.example',
      account: key('ad'),
      day: day(ago),
      units: 40 - ago,
      amount: `${30 - ago}4359738368000000`,
    })),
  }
}

/** The panels by name: what makes each. Importing the elements is the caller's. */
export function explorerPanels(nowMs: number): Record<string, () => HTMLElement> {
  const make = (tag: string, fields: object) => () => Object.assign(document.createElement(tag), fields)
  const trouble = (kind: string, name: string, asked: 'log' | 'unit' | 'recompute') =>
    make('cw-trouble', {
      trouble: troubleOf(Object.assign(new Error('The node at fault said so.'), { name, kind }), asked),
      canRetry: asked === 'unit',
    })
  const recompute = (how: ExplorerApi) => make('cw-recompute', { api: how, facts: FACTS })
  const checks = UNIT_CHECKS.slice(0, 8).map((check) => ({ check, reason: '' }))
  const [first] = checks
  const failed = first === undefined ? [] : [...checks.slice(1), { ...first, reason: 'Byte 17 is not canonical.' }]
  const owner = (ask: () => Promise<SiteEarnings>) => make('cw-earnings', { ask, name: key('ad') })
  return {
    alarm: make('cw-alarm', { alarm: ALARM }),
    'alarm-before': make('cw-alarm', { alarm: { ...ALARM, isNow: false } }),
    'alarm-rollback': make('cw-alarm', { alarm: { ...ALARM, kind: 'rollback', isProof: false } }),
    'trouble-hostile': trouble('hostile', 'sdk.Hostile', 'unit'),
    'trouble-unreachable': trouble('unavailable', 'sdk.Unreachable', 'log'),
    'trouble-bug': trouble('bug', 'sdk.Bug', 'recompute'),
    'checks-running': make('cw-checks', { checks, verdict: null, shown: 8 }),
    'checks-failed': make('cw-checks', { checks: failed, verdict: { isValid: false, pendingEpochs: [] }, shown: 99 }),
    'checks-pending': make('cw-checks', { checks, verdict: { isValid: true, pendingEpochs: [4, 5] }, shown: 99 }),
    recompute: recompute(api()),
    'recompute-running': recompute(recomputation(() => true, null)),
    'recompute-same': recompute(recomputation(() => true, { same: 40, different: [], problems: [] })),
    'recompute-different': recompute(recomputation((part) => part !== 3, { same: 39, different: [3], problems: [] })),
    'recompute-failed': recompute(api({ recompute: unreachable })),
    faults: make('cw-faults', { api: api(), faults: FAULTS }),
    log: make('cw-log', { api: api() }),
    'log-unreachable': make('cw-log', { api: api({ look: unreachable, page: unreachable }) }),
    'unit-failed': make('cw-unit', { api: api(), name: { by: 'unit', id: RECORD.unit } }),
    'unit-unreachable': make('cw-unit', { api: api({ openUnit: unreachable }), name: { by: 'unit', id: RECORD.unit } }),
    'day-bars': make('cw-day-bars', {
      days: daySums(earnings(nowMs, 20).days, earnings(nowMs, 20).from, nowMs, 30),
    }),
    earnings: owner(async () => earnings(nowMs, 20)),
    'earnings-none': owner(async () => earnings(nowMs, 0)),
    'earnings-loading': owner(never),
    'earnings-unreachable': owner(unreachable),
    languages: make('cw-languages', {}),
  }
}
