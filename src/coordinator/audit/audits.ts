// Audits of unanimous results, after their close: the close's secret says whether one is due and ranks the auditors. What one finds wrong
// the reference computes; an auditor that it contradicts counts as one that gave no report, and the next is asked. Where no node can be
// drawn, or three gave none that holds, the coordinator audits itself and the certificate says so.
import { contentId } from '#core/content.ts'
import { toHex } from '#core/bytes.ts'
import { DIGEST_BYTES, type Digest } from '#core/digest.ts'
import type { PublicKey } from '#core/ed25519.ts'
import { AppError } from '#core/errors.ts'
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
  auditSeed,
  auditorAfter,
  drawAuditors,
  isAuditDrawn,
  isReportOf,
  signAuditReport,
} from '#verify/audit.ts'
import { type Close, closeId } from '#verify/close.ts'
import type { RosterEntry } from '#verify/roster.ts'
import type { Kind } from '#work/kind.ts'
import type { Unit } from '#work/unit.ts'
import type { Draft } from '#coordinator/draw/rosters.ts'
import { type Grid, signingContext } from '#coordinator/grid.ts'
import type { LiveNode, LiveNodes } from '#coordinator/live-nodes.ts'
import { isFree } from '#coordinator/matchmaker/draw.ts'

/** A unanimous result: `replicas` are the roster entries of those who gave it, `ppm` the chance of an audit in parts per million. */
export type Audited = {
  readonly kind: Kind
  readonly unit: Unit
  readonly job: Digest
  readonly close: Close
  readonly root: Digest
  readonly leaves: readonly Digest[]
  readonly replicas: readonly RosterEntry[]
  readonly ppm: number
}

/** What the certificate says of the audit; `auditor` is the node that reported, null where it was the coordinator. */
export type AuditOutcome = {
  readonly ppm: number
  readonly audit: CertifiedAudit | null
  readonly auditor: LiveNode | null
}

/** How reports of something wrong are dealt with; `R` is what is held against the replicas. */
export type AuditHearing<R> = {
  /** What the reference says of a part that was reported wrong: null when it is right. */
  readonly judge: (part: number) => Promise<R | null>
  /** Told of an auditor whose report the reference contradicts. */
  readonly onSlander: (auditor: LiveNode) => void
}

type Found<R> =
  | { readonly outcome: 'passed'; readonly audit: CertifiedAudit; readonly auditor: LiveNode | null }
  | { readonly outcome: 'wrong'; readonly found: R }

/** Audits results. */
export class Audits {
  readonly #parts: { readonly grid: Grid; readonly nodes: LiveNodes; readonly peer: Peer }
  readonly #reading = new Map<AuditTask, readonly Digest[]>()

  constructor(parts: { grid: Grid; nodes: LiveNodes; peer: Peer }) {
    this.#parts = parts
  }

  /** Whether `node` audits something that content `id` is an input or the result of. */
  mayRead(node: PublicKey, id: Digest): boolean {
    return [...this.#reading].some(([{ body }, contents]) => body.auditor === node && contents.includes(id))
  }

  /** Audits the result if its draw says so: what the certificate will say, or what was found wrong with it. */
  async audit<R>(
    result: Audited,
    hearing: AuditHearing<R>,
    signal: AbortSignal,
  ): Promise<({ readonly outcome: 'passed' } & AuditOutcome) | { readonly outcome: 'wrong'; readonly found: R }> {
    const { draws } = this.#parts.grid
    const { ppm } = result
    const seed = auditSeed(result.close, await draws.secrets.secretOf(result.close.body.epoch))
    if (!isAuditDrawn(seed, ppm)) return { outcome: 'passed', ppm, audit: null, auditor: null }
    const found = await this.#auditBy(result, seed, hearing, signal)
    return found.outcome === 'wrong' ? found : { ppm, ...found }
  }

  async #auditBy<R>(result: Audited, seed: Digest, hearing: AuditHearing<R>, signal: AbortSignal): Promise<Found<R>> {
    const { grid } = this.#parts
    const own = grid.signer.publicKey
    const draft = await this.#roster()
    const rosterLeaf = await grid.log.transaction((tx, append) => grid.draws.rosters.publish(tx, append, draft))
    const kind = { name: result.kind.name, version: result.kind.version }
    const order = drawAuditors(seed, draft.nodes, kind, result.replicas).map(({ node }) => node)
    const absent: PublicKey[] = []
    for (;;) {
      const auditor = auditorAfter(order, absent.length, own)
      const live = draft.live.get(auditor)
      const task = await this.#sign(result, auditor, draft.root)
      const report = auditor === own ? await this.#check(result, task) : await this.#ask(live, result, task, signal)
      signal.throwIfAborted()
      const part = report?.body.part ?? null
      const found = part === null ? null : await hearing.judge(part)
      if (found !== null) return { outcome: 'wrong', found }
      if (report !== null && part === null)
        return { outcome: 'passed', audit: { task, report, rosterLeaf, absent }, auditor: live ?? null }
      if (auditor === own) throw new OwnAuditError(part ?? 0)
      if (report !== null && live !== undefined) hearing.onSlander(live)
      absent.push(auditor)
    }
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

  /** What the node reports; null when it declines, goes away, is too slow, or reports what is no part of the result. */
  async #ask(
    live: LiveNode | undefined,
    result: Audited,
    task: AuditTask,
    signal: AbortSignal,
  ): Promise<AuditReport | null> {
    if (live === undefined) return null
    const { nodes, peer } = this.#parts
    const { kind, unit, leaves } = result
    this.#reading.set(task, [contentId(kind.resultLayout(unit), leaves), ...unit.inputs.map(({ id }) => id)])
    live.computing++
    try {
      const { report } = await askAuditor(peer, live.node, { task, unit, leaves }, signal)
      const isOfResult = report !== null && isReportOf(report, task) && (report.body.part ?? 0) < leaves.length
      return isOfResult ? report : null
    } catch {
      return null // the next one is asked
    } finally {
      live.computing--
      this.#reading.delete(task)
      nodes.changed()
    }
  }

  async #check({ kind, unit, leaves }: Audited, task: AuditTask): Promise<AuditReport> {
    const { grid } = this.#parts
    const { blobs, random, reference, signer } = grid
    const id = contentId(kind.resultLayout(unit), leaves)
    const result = await Promise.all(leaves.map((_, part) => blobs.read(id, part)))
    const seed = toHex(random.bytes(DIGEST_BYTES)) as Digest
    const found = await reference.audit(kind, unit, result, seed)
    return signAuditReport(signer, signingContext(grid), task, seed, found)
  }
}

/** The coordinator's own audit and its reference contradict each other. */
export class OwnAuditError extends AppError {
  override readonly name = 'coordinator.OwnAudit'
  constructor(part: number) {
    super('bug', `The audit found part ${part} of a result wrong, and the reference computes the same: this is a bug.`)
  }
}
