// Coordinators of this process that break the rules: the product's own, with one of their methods replaced, or one thing that they know. They exist
// in tests only.
import { vi } from 'vitest'
import { UnitDraws } from '#coordinator/draw/unit-draws.ts'
import { type LiveNode, LiveNodes } from '#coordinator/live-nodes.ts'
import { type Append, TransparencyLog } from '#coordinator/log/transparency-log.ts'
import type { PublicKey } from '#core/ed25519.ts'
import type { Split } from '#identity/split.ts'
import type { LogEntry, ReceiptEntry } from '#ledger/entry.ts'
import { ALWAYS_PPM, type RosterEntry } from '#verify/roster.ts'

/** Ends a lie. */
export type Repent = () => void

/** From now on coordinators take, of those on the roster, whom the rules did not draw. */
export function pickCheckers(): Repent {
  return replacePlan((honest) => {
    const others = honest.draft.nodes.filter(({ node }) => node !== honest.primary && !honest.drawn.includes(node))
    const entries = [...honest.entries.filter(({ node }) => node === honest.primary), ...others]
    return { ...honest, drawn: others.map(({ node }) => node), entries }
  })
}

/** From now on coordinators have results checked by a node that is on no roster. */
export function inventChecker(invented: LiveNode): Repent {
  const { node, capabilities, ratedMops } = invented
  const entry: RosterEntry = {
    node,
    groups: [],
    kinds: capabilities.kinds,
    ratedMops,
    stake: '0',
    auditPpm: ALWAYS_PPM,
  }
  return replacePlan((honest) => {
    const draft = { ...honest.draft, live: new Map([...honest.draft.live, [node, invented] as const]) }
    const entries = [...honest.entries.filter((each) => each.node === honest.primary), entry]
    return { ...honest, draft, drawn: [node], entries }
  })
}

/** From now on coordinators know nothing of `nodes` when they look for somebody to give work to. */
export function overlook(nodes: readonly PublicKey[]): Repent {
  // oxlint-disable-next-line typescript/unbound-method -- called with the instance below
  const { all } = LiveNodes.prototype
  const spy = vi.spyOn(LiveNodes.prototype, 'all').mockImplementation(function (this: LiveNodes) {
    return all.call(this).filter(({ node }) => !nodes.includes(node))
  })
  return () => spy.mockRestore()
}

/** From now on coordinators log what `instead` gives in the place of receipts. */
export function replaceReceipts(instead: (receipt: ReceiptEntry) => LogEntry): Repent {
  // oxlint-disable-next-line typescript/unbound-method -- called with the instance below
  const { transaction } = TransparencyLog.prototype
  const spy = vi.spyOn(TransparencyLog.prototype, 'transaction')
  spy.mockImplementation(function (this: TransparencyLog, work) {
    return transaction.call(this, (tx, append) => {
      const lie: Append = (entry) => append(entry.type === 'receipt' ? instead(entry) : entry)
      return work(tx, lie)
    })
  })
  return () => spy.mockRestore()
}

/** From now on coordinators certify and pay as if `nodes` had given them what `instead` makes of their splits. */
export function replaceSplits(nodes: readonly LiveNode[], instead: (split: Split | null) => Split | null): Repent {
  const honest = nodes.map((live) => ({ live, split: live.split }))
  for (const { live, split } of honest) Object.assign(live, { split: instead(split) })
  return () => {
    for (const { live, split } of honest) Object.assign(live, { split })
  }
}

function replacePlan(change: (honest: ReturnType<UnitDraws['plan']>) => ReturnType<UnitDraws['plan']>): Repent {
  // oxlint-disable-next-line typescript/unbound-method -- called with the instance below
  const { plan } = UnitDraws.prototype
  const spy = vi.spyOn(UnitDraws.prototype, 'plan').mockImplementation(function (this: UnitDraws, request) {
    return change(plan.call(this, request))
  })
  return () => spy.mockRestore()
}
