// A kind of work, in one file under kinds/: how a job splits into units, what a unit needs, computes and costs, how results join.
// Nothing outside its file knows a kind's name but the registry.
import type { ContentLayout } from '#core/content.ts'
import type { ByteSource } from '#core/byte-source.ts'
import type { Digest } from '#core/digest.ts'
import type { Random } from '#core/random.ts'
import type { ModelCache } from '#model/model-cache.ts'
import type { Backend, OperationOptions } from '#tensor/backend.ts'
import type { JobBody } from './job.ts'
import type { KernelSet } from './self-test.ts'
import type { Unit } from './unit.ts'

/** A job as its kind sees it: inputs and parameters, without price or requester. */
export type JobTask = Pick<JobBody, 'params' | 'inputs'>

/** Parts of one input that a computation needs. */
export type PartNeed = { readonly input: number; readonly parts: readonly number[] }

/** Access to a unit's inputs, verified bytes only. Throws when asked for what was not needed. */
export interface UnitInputs {
  /** A part of one of the kind's needs: it is there already. */
  part(input: number, part: number): Uint8Array<ArrayBuffer>
  /** One of the kind's files, read as it is used. */
  file(input: number): ByteSource
}

/** What kinds compute on: kernels over arrays, and language models that stay loaded between units. */
export type Devices = { readonly backend: Backend; readonly models: ModelCache }

/** Options of one computation. `onProgress` hears the bytes of {@link Progress} as they become certain, in order, each once. */
export type ComputeOptions = OperationOptions & { readonly onProgress?: (bytes: Uint8Array<ArrayBuffer>) => void }

/** Bytes of a result that come one after the other while it is computed: a requester may see them before the whole is there. */
export type Progress = {
  /** Most of them. */
  maxBytes(unit: Unit): number
  /** All of them, as the finished result says them. Throws an `input` error when it is none. */
  of(unit: Unit, result: readonly Uint8Array[]): Uint8Array<ArrayBuffer>
}

/** How a result was checked: all of it by one prefill or by Freivalds, or one part, drawn at random, by computing it again. */
export type AuditMethod = 'prefill' | 'freivalds' | 'part'

/** What an audit of a unit takes: integer operations counted from the specification, so that an auditor's pay follows from the unit alone. */
export type AuditPlan = { readonly method: AuditMethod; readonly operations: bigint }

/** Where a unit's part lands in the job's result. */
export type Placement = { readonly unitPart: number; readonly jobPart: number }

/** A workload of the grid. `exact` results are compared by digest and can prove a fault, `tolerant` ones are compared by bounds. */
export interface Kind {
  readonly name: string
  readonly version: number
  /** What it computes with: a node offers it when these pass the self-test. */
  readonly kernels: KernelSet
  /** Short description in plain words for a contributor's list, e.g. "Multiplied a 256 x 256 part of two matrices". */
  describe(unit: Unit): string
  /** Throws an `input` error that says what does not fit. */
  assertJob(task: JobTask): void
  /** Same for a unit from elsewhere; a node calls it before it computes. */
  assertUnit(unit: Unit): void
  /** Before a job is admitted: throws an `input` error that says what the bytes of its inputs, of which it reads a few, do not allow. */
  assertInputs?(task: JobTask, open: (input: number) => ByteSource): Promise<void>
  comparison(unit: Unit): 'exact' | 'tolerant'
  split(task: JobTask): Unit[]
  /** Integer operations counted from the specification, never measured. */
  operations(unit: Unit): bigint
  resultLayout(unit: Unit): ContentLayout
  needs(unit: Unit): PartNeed[]
  /**
   * Inputs that are read as files and are not among the needs: models, too large to be handed over part by part or to be in a fault proof,
   * which names them. None when omitted.
   */
  files?(unit: Unit): readonly number[]
  /** Computes the unit: its result's parts in order. */
  run(unit: Unit, inputs: UnitInputs, devices: Devices, options?: ComputeOptions): Promise<Uint8Array<ArrayBuffer>[]>
  /** What can be seen of a result while it is computed; absent where it comes in one piece. */
  readonly progress?: Progress
  /**
   * A digest of intermediate values that `key` selects: whoever only looked the result up cannot give it. It is cheap to check and so
   * cheap to make for who has the inputs: it shows that they were at hand, not that all the work was done.
   */
  possession(unit: Unit, inputs: UnitInputs, key: Digest, models: ModelCache): Digest | Promise<Digest>
  /** Parts of the inputs that part `index` of the result depends on, besides the files. */
  partNeeds(unit: Unit, index: number): PartNeed[]
  /** Part `index` by the portable reference; of a language model on any backend, since all give the same bytes. */
  recompute(
    unit: Unit,
    inputs: UnitInputs,
    index: number,
    models: ModelCache,
  ): Uint8Array<ArrayBuffer> | Promise<Uint8Array<ArrayBuffer>>
  /** The first wrong part of `result`, all parts in order, or null: where that is cheaper to tell than computing it again. */
  check?(
    unit: Unit,
    inputs: UnitInputs,
    result: readonly Uint8Array[],
    models: ModelCache,
    options?: OperationOptions,
  ): Promise<number | null>
  /** How its results are audited. */
  auditPlan(unit: Unit): AuditPlan
  /**
   * Checks a finished result by that plan, cheaper than computing it: the wrong part, or null. `random` is the auditor's own, and nobody else knows
   * it yet.
   */
  audit(
    unit: Unit,
    inputs: UnitInputs,
    result: readonly Uint8Array[],
    random: Random,
    models: ModelCache,
    options?: OperationOptions,
  ): Promise<number | null>
  /** For tolerant kinds: whether two results of part `index` are both within the bounds. Exact kinds compare bytes. */
  agree(unit: Unit, inputs: UnitInputs, index: number, a: Uint8Array, b: Uint8Array): boolean
  jobLayout(task: JobTask): ContentLayout
  placements(task: JobTask, unit: Unit): Placement[]
}

/** Inputs handed over as plain maps: parts by {@link partKey}, files by input. */
export function inputsFrom(
  parts: ReadonlyMap<string, Uint8Array<ArrayBuffer>>,
  files: ReadonlyMap<number, ByteSource> = new Map(),
): UnitInputs {
  return {
    file(input) {
      const source = files.get(input)
      if (source === undefined) throw new RangeError(`Input ${input} is not among the files.`)
      return source
    },
    part(input, part) {
      const bytes = parts.get(partKey(input, part))
      if (bytes === undefined) throw new RangeError(`Part ${part} of input ${input} was not fetched.`)
      return bytes
    },
  }
}

/** Key of a part in such a map. */
export function partKey(input: number, part: number): string {
  return `${input}/${part}`
}
