// Audits of unanimous results, after their close: the close's secret says whether one is due and ranks the auditors. Where no node can be
// drawn, or none reports, the coordinator audits itself and the certificate says so.
import { contentId } from '#core/content.ts'
import { fromHex, toHex } from '#core/bytes.ts'
import { DIGEST_BYTES, type Digest } from '#core/digest.ts'
import type { PublicKey } from '#core/ed25519.ts'
import { seededRandom } from '#core/random.ts'
import { signMessage } from '#core/signed.ts'
import type { Peer } from '#net/peer.ts'
import { AUDIT_TIMEOUT_MS } from '#net/protocols/audit/constants.ts'
import { askAuditor } from '#net/protocols/audit/handler.ts'
import {
  AUDIT_TASK_TYPE,
  type AuditReport,
  type AuditTask,
  type AuditTaskBody,
  type CertifiedAudit,
  MAX_ABSENT_AUDITORS,
  auditSeed,
  drawAuditors,
  isAuditDrawn,
  isReportOf,
  signAuditReport,
  unitAuditRate,
} from '#verify/audit.ts'
import { type Close, closeId } from '#verify/close.ts'
import type { RosterEntry } from '#verify/roster.ts'
import type { Kind } from '#work/kind.ts'
import type { Lease } from '#work/lease.ts'
import type { Unit } from '#work/unit.ts'
import type { Draft } from '#coordinator/draw/rosters.ts'
import { type Grid, signingContext } from '#coordinator/grid.ts'
import type { LiveNode, LiveNodes } from '#coordinator/live-nodes.ts'
import { readInputs } from '#coordinator/matchmaker/evidence.ts'
import { isFree } from '#coordinator/matchmaker/draw.ts'

/** A unanimous result: `replicas` are the leases and roster entries of those who gave it, `value` what it earns in atto-credit. */
export type Audited = {
  readonly kind: Kind
  readonly unit: Unit
  readonly job: Digest
  readonly close: Close
  readonly root: Digest
  readonly leaves: readonly Digest[]
  readonly replicas: readonly { readonly lease: Lease; readonly entry: RosterEntry }[]
  readonly value: bigint
}

/** What the certificate says of the audit; `auditor` is the node that reported, null where it was the coordinator. */
export type AuditOutcome = {
  readonly ppm: number
  readonly audit: CertifiedAudit | null
  readonly auditor: LiveNode | null
}

/** Audits results. */
export class Audits {
  readonly #parts: { readonly grid: Grid; readonly nodes: LiveNodes; readonly peer: Peer }
  readonly #reading = new Map<PublicKey, readonly Digest[]>()

  constructor(parts: { grid: Grid; nodes: LiveNodes; peer: Peer }) {
    this.#parts = parts
  }

  /** Whether `node` audits something that content `id` is an input or the result of. */
  mayRead(node: PublicKey, id: Digest): boolean {
    return this.#reading.get(node)?.includes(id) === true
  }

  /** Audits the result if its draw says so. A report that finds it wrong is returned as it is: the reference has the last word. */
  async audit(result: Audited, signal: AbortSignal): Promise<AuditOutcome> {
    const { draws } = this.#parts.grid
    const rated = result.replicas.map(({ lease, entry }) => ({ role: lease.body.role, entry }))
    const ppm = unitAuditRate(rated, result.value)
    const seed = auditSeed(result.close, await draws.secrets.secretOf(result.close.body.epoch))
    if (!isAuditDrawn(seed, ppm)) return { ppm, audit: null, auditor: null }
    return { ppm, ...(await this.#auditBy(result, seed, signal)) }
  }

  /** Has the coordinator check the result: after a report that the reference contradicts. */
  async auditHere(result: Audited, { task, rosterLeaf, absent }: CertifiedAudit): Promise<CertifiedAudit> {
    const { grid } = this.#parts
    const { rosterRoot, auditor } = task.body
    const own = await this.#sign(result, grid.signer.publicKey, rosterRoot)
    const known = [...absent, auditor].slice(0, MAX_ABSENT_AUDITORS)
    return { task: own, report: await this.#check(result, own), rosterLeaf, absent: known }
  }

  async #auditBy(result: Audited, seed: Digest, signal: AbortSignal): Promise<Omit<AuditOutcome, 'ppm'>> {
    const { grid } = this.#parts
    const draft = await this.#roster()
    const rosterLeaf = await grid.log.transaction((tx, append) => grid.draws.rosters.publish(tx, append, draft))
    const kind = { name: result.kind.name, version: result.kind.version }
    const replicas = result.replicas.map(({ entry }) => entry)
    const order = drawAuditors(seed, draft.nodes, kind, replicas)
    const absent: PublicKey[] = []
    for (const { node } of order.slice(0, MAX_ABSENT_AUDITORS)) {
      const live = draft.live.get(node)
      const task = await this.#sign(result, node, draft.root)
      const report = live === undefined ? null : await this.#ask(live, result, task, signal)
      signal.throwIfAborted()
      if (report !== null) return { audit: { task, report, rosterLeaf, absent }, auditor: live ?? null }
      absent.push(node)
    }
    const task = await this.#sign(result, grid.signer.publicKey, draft.root)
    return { audit: { task, report: await this.#check(result, task), rosterLeaf, absent }, auditor: null }
  }

  #roster(): Promise<Draft> {
    const { grid, nodes } = this.#parts
    const nowMs = grid.clock.nowMs()
    const free = nodes.all().filter((live) => isFree(live, nowMs))
    return grid.draws.rosters.draft(grid.store.db, free)
  }

  #sign({ job, close, root }: Audited, auditor: PublicKey, rosterRoot: Digest): Promise<AuditTask> {
    const { grid } = this.#parts
    const { unit, admissionLeaf, epoch } = close.body
    const deadlineMs = grid.clock.nowMs() + AUDIT_TIMEOUT_MS
    const at = { unit, job, admissionLeaf, close: closeId(close), root, epoch }
    const body: AuditTaskBody = { ...at, auditor, rosterRoot, deadlineMs }
    return signMessage(grid.signer, AUDIT_TASK_TYPE, signingContext(grid), body)
  }

  /** What the node reports; null when it declines, goes away or is too slow. */
  async #ask(live: LiveNode, result: Audited, task: AuditTask, signal: AbortSignal): Promise<AuditReport | null> {
    const { nodes, peer } = this.#parts
    const { kind, unit, leaves } = result
    this.#reading.set(live.node, [contentId(kind.resultLayout(unit), leaves), ...unit.inputs.map(({ id }) => id)])
    live.computing++
    try {
      const { report } = await askAuditor(peer, live.node, { task, unit, leaves }, signal)
      return report !== null && isReportOf(report, task) ? report : null
    } catch {
      return null // the next one is asked
    } finally {
      live.computing--
      this.#reading.delete(live.node)
      nodes.changed()
    }
  }

  async #check({ kind, unit, leaves }: Audited, task: AuditTask): Promise<AuditReport> {
    const { grid } = this.#parts
    const { blobs, models, random, signer } = grid
    const inputs = await readInputs(blobs, kind, unit, kind.needs(unit))
    const id = contentId(kind.resultLayout(unit), leaves)
    const result = await Promise.all(leaves.map((_, part) => blobs.read(id, part)))
    const seed = toHex(random.bytes(DIGEST_BYTES)) as Digest
    const found = await kind.audit(unit, inputs, result, seededRandom(fromHex(seed, DIGEST_BYTES)), models)
    return signAuditReport(signer, signingContext(grid), task, seed, found)
  }
}
