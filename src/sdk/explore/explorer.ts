// What the explorer's page asks of its worker: looks at the log, pages of entries, one unit with its checks, and its recomputation.
import type { Digest } from '#core/digest.ts'
import type { CheckName } from '#verify/verdict.ts'
import type { Http } from '#sdk/http.ts'
import { partSource } from '#sdk/part-source.ts'
import { type FaultCheck, type NamedFault, checkFault } from './fault-check.ts'
import { type LogMemory, LogReader, type LogRow, type LogState } from './log-reader.ts'
import { type RecomputeDevices, type RecomputeEnd, type RecomputeStep, recomputeUnit } from './recompute-unit.ts'
import { type CheckedUnit, unitOutcomes } from './unit-checks.ts'
import { type UnitName, type UnitRecord, lookUpUnit } from './unit-lookup.ts'

/** A check that was made: `reason` is empty when it held. */
export type UnitCheck = { readonly check: CheckName; readonly reason: string }

/** How the checks of a unit ended; `pendingEpochs` are draw epochs whose secrets are not revealed yet. */
export type UnitVerdict = { readonly isValid: boolean; readonly pendingEpochs: readonly number[] }

/** The page's side: every call may cross into a worker. */
export interface ExplorerApi {
  look(): Promise<LogState>
  /** Takes the log as it is now for the one to go on from. */
  beginAnew(): Promise<LogState>
  page(end: number): Promise<readonly LogRow[]>
  openUnit(name: UnitName): Promise<UnitRecord>
  /** Checks the unit that was opened last. */
  checkUnit(onCheck: (check: UnitCheck) => void): Promise<UnitVerdict>
  /** Checks a fault that was proven on it. */
  checkFault(named: NamedFault): Promise<FaultCheck>
  /** Computes it again, on the visitor's own device. */
  recompute(onStep: (step: RecomputeStep) => void): Promise<RecomputeEnd>
  /** Ends a recomputation; its promise rejects. */
  stop(): Promise<void>
}

/** What an explorer is made of. */
export type ExplorerParts = {
  readonly http: Http
  readonly memory: LogMemory
  readonly openDevices: (kind: string) => Promise<RecomputeDevices>
}

/** The explorer over one coordinator. */
export class Explorer implements ExplorerApi {
  readonly #parts: ExplorerParts
  readonly #log: LogReader
  #unit: CheckedUnit | undefined
  #running: AbortController | undefined

  constructor(parts: ExplorerParts) {
    this.#parts = parts
    this.#log = new LogReader(parts.http, parts.memory)
  }

  look(): Promise<LogState> {
    return this.#log.look()
  }

  beginAnew(): Promise<LogState> {
    return this.#log.beginAnew()
  }

  page(end: number): Promise<readonly LogRow[]> {
    return this.#log.page(end)
  }

  async openUnit(name: UnitName): Promise<UnitRecord> {
    this.#unit = undefined
    const record = await lookUpUnit(this.#parts.http, name)
    const { certificate, receipt } = record
    if (certificate !== null) this.#unit = { name, certificate, receipt }
    return record
  }

  async checkUnit(onCheck: (check: UnitCheck) => void): Promise<UnitVerdict> {
    let isValid = true
    let pendingEpochs: readonly number[] = []
    const onPending = (epochs: readonly number[]): void => {
      pendingEpochs = epochs
    }
    for await (const { check, reason = '' } of unitOutcomes(this.#log, this.#opened(), onPending)) {
      isValid &&= reason === ''
      onCheck({ check, reason })
    }
    return { isValid, pendingEpochs }
  }

  checkFault(named: NamedFault): Promise<FaultCheck> {
    return checkFault(this.#log, named)
  }

  async recompute(onStep: (step: RecomputeStep) => void): Promise<RecomputeEnd> {
    const { certificate } = this.#opened()
    this.#running?.abort()
    const running = new AbortController()
    this.#running = running
    const { signal } = running
    const devices = await this.#parts.openDevices(certificate.body.unit.kind)
    try {
      const source = partSource(new Map<Digest, never>(), { http: this.#parts.http, signal })
      return await recomputeUnit(certificate, source, devices, { signal, onStep })
    } finally {
      await devices.close()
    }
  }

  async stop(): Promise<void> {
    this.#running?.abort()
  }

  #opened(): CheckedUnit {
    if (this.#unit === undefined) throw new RangeError('No unit with a certificate was opened.')
    return this.#unit
  }
}
