// Computing a certified unit again, on whatever the visitor has, from inputs that the coordinator hands out and that are held against
// their ids first. Every part is compared, also after one that differs.
import { contentId } from '#core/content.ts'
import type { Digest } from '#core/digest.ts'
import { AppError } from '#core/errors.ts'
import type { Certificate } from '#verify/certificate.ts'
import type { PartSource } from '#verify/content-file.ts'
import { type RecomputeOptions, inputLeavesOutcomes, recomputeOutcomes } from '#verify/recompute.ts'
import { type CheckName, CheckFailedError, type Outcome, outcome } from '#verify/verdict.ts'
import { kindOrReason } from '#verify/verify-certificate.ts'

/** What computes; `note` says what a visitor should know of it, or is empty. */
export type DeviceFacts = Pick<Required<RecomputeOptions>['backend']['info'], 'backend' | 'adapter' | 'isSoftware'> & {
  readonly note: string
}

/** Devices for a recomputation. Close them. */
export type RecomputeDevices = Required<Pick<RecomputeOptions, 'backend' | 'models'>> & {
  readonly device: DeviceFacts
  close(): Promise<void>
}

/** What happens in a recomputation, in the order in which it does. */
export type RecomputeStep =
  | { readonly step: 'device'; readonly device: DeviceFacts }
  | { readonly step: 'fetched'; readonly bytes: number }
  | { readonly step: 'part'; readonly part: number; readonly isSame: boolean }

/** How it ended: parts that came out the same, those that did not, and other checks that failed. */
export type RecomputeEnd = {
  readonly same: number
  readonly different: readonly number[]
  readonly problems: readonly { readonly check: CheckName; readonly reason: string }[]
}

/** Computes `certificate`'s unit again. Throws what `source` throws when the inputs cannot be had. */
export async function recomputeUnit(
  certificate: Certificate,
  source: PartSource,
  devices: RecomputeDevices,
  options: { readonly signal: AbortSignal; readonly onStep: (step: RecomputeStep) => void },
): Promise<RecomputeEnd> {
  const { signal, onStep } = options
  onStep({ step: 'device', device: devices.device })
  let part = 0
  let same = 0
  const different: number[] = []
  const problems: RecomputeEnd['problems'][number][] = []
  const counted = counting(source, (bytes) => onStep({ step: 'fetched', bytes }))
  for await (const { check, reason } of caught(outcomesOf(certificate, counted, devices, signal))) {
    signal.throwIfAborted()
    if (check === 'recompute') {
      const isSame = reason === undefined
      onStep({ step: 'part', part, isSame })
      if (isSame) same++
      else different.push(part)
      part++
      continue
    }
    if (reason !== undefined) problems.push({ check, reason })
  }
  return { same, different, problems }
}

async function* outcomesOf(
  certificate: Certificate,
  source: PartSource,
  { backend, models }: RecomputeDevices,
  signal: AbortSignal,
): AsyncGenerator<Outcome> {
  const { unit, leaves } = certificate.body
  const kind = kindOrReason(unit)
  if (typeof kind === 'string') return yield outcome('unit', false, kind)
  const known = new Map<Digest, readonly Digest[]>()
  yield* inputLeavesOutcomes(unit.inputs, source, known)
  const layout = kind.resultLayout(unit)
  const result = { id: contentId(layout, leaves), layout }
  const resultPart = (index: number): Promise<Uint8Array> => source.part(result, index)
  yield* recomputeOutcomes(certificate, source, known, resultPart, { backend, models, signal })
}

/** A check that failed deep inside ends the computation as an outcome. */
async function* caught(outcomes: AsyncIterable<Outcome>): AsyncGenerator<Outcome> {
  try {
    yield* outcomes
  } catch (error) {
    if (!isMismatch(error)) throw error
    yield outcome(error instanceof CheckFailedError ? error.check : 'input', false, error.message)
  }
}

function isMismatch(error: unknown): error is AppError {
  return error instanceof CheckFailedError || (error instanceof AppError && error.name === 'sdk.ContentMismatch')
}

function counting(source: PartSource, onBytes: (total: number) => void): PartSource {
  let total = 0
  return {
    leaves: (content) => source.leaves(content),
    async part(content, index) {
      const bytes = await source.part(content, index)
      total += bytes.length
      onBytes(total)
      return bytes
    },
  }
}
