// Times of everything that is done to check one unit, beside the time of the unit itself, piece by piece and in turns.
import { type Digest, digestOf } from '#core/digest.ts'
import { leafDigestAsync } from '#core/merkle.ts'
import { seededRandom } from '#core/random.ts'
import type { Devices, UnitInputs } from '#work/kind.ts'
import { inputsOf } from '../../test/support/certified-job.ts'
import type { CheckedCase } from './cases.ts'
import type { SignatureTimes } from './signatures.ts'

/** Milliseconds of everything about one unit. */
export type CheckTimes = {
  readonly work: number
  /** Digests of the result's parts, and of the inputs' parts that are not a model. */
  readonly resultDigests: number
  readonly inputDigests: number
  /** The possession tag at whoever has computed, and at one who has only the inputs. */
  readonly ownTag: number
  readonly freshTag: number
  /** The check itself, without fetching. */
  readonly audit: number
  readonly signatures: SignatureTimes
}

/** Seeds that an audit of one drawn part is tried with until it draws the changed one. */
const SEEDS = 1_000

/** Measures `rounds` times, after making sure that the audit takes the right result and finds a wrong one. */
export async function measure(
  checked: CheckedCase,
  devices: Devices,
  signatures: () => Promise<SignatureTimes>,
  rounds: number,
): Promise<CheckTimes[]> {
  await assertAudited(checked, devices)
  const times: CheckTimes[] = []
  for (let round = 0; round < rounds; round++)
    times.push({
      ...(await oneRound(checked, devices, digestOf('bench-key', round))),
      signatures: await signatures(),
    })
  return times
}

async function oneRound(checked: CheckedCase, devices: Devices, key: Digest): Promise<Omit<CheckTimes, 'signatures'>> {
  const { kind, unit, contents } = checked
  const { models } = devices
  const inputs = inputsOf(kind, unit, contents)
  const [result, work] = await timed(() => kind.run(unit, inputs, devices))
  const [, resultDigests] = await timed(() => digests(result))
  const [, inputDigests] = await timed(() => digests(neededParts(checked, inputs)))
  const [ownTag, ownMs] = await timed(async () => kind.possession(unit, inputs, key, models))
  const fresh = inputsOf(kind, unit, contents)
  const [freshTag, freshMs] = await timed(async () => kind.possession(unit, fresh, key, models))
  if (ownTag !== freshTag) throw new Error(`Two possession tags of ${checked.name} differ.`)
  const [wrong, audit] = await timed(() => kind.audit(unit, fresh, result, seededRandom(key), models))
  if (wrong !== null) throw new Error(`The audit of ${checked.name} finds its part ${wrong} wrong.`)
  return { work, resultDigests, inputDigests, ownTag: ownMs, freshTag: freshMs, audit }
}

async function assertAudited({ kind, unit, contents, name }: CheckedCase, devices: Devices): Promise<void> {
  const inputs = inputsOf(kind, unit, contents)
  const result = await kind.run(unit, inputs, devices)
  const changed = result.map((part, at) => (at === 0 ? part.with(0, (part[0] ?? 0) ^ 1).with(3, 0x55) : part))
  for (let seed = 0; seed < SEEDS; seed++) {
    const wrong = await kind.audit(unit, inputs, changed, seededRandom(`${seed}`), devices.models)
    if (wrong === 0) return
  }
  throw new Error(`The audit of ${name} does not find a changed part.`)
}

function neededParts({ kind, unit }: CheckedCase, inputs: UnitInputs): Uint8Array<ArrayBuffer>[] {
  return kind.needs(unit).flatMap(({ input, parts }) => parts.map((part) => inputs.part(input, part)))
}

/** As contents are verified when they come. */
async function digests(parts: readonly Uint8Array[]): Promise<void> {
  await Promise.all(parts.map((part) => leafDigestAsync(part)))
}

async function timed<T>(work: () => Promise<T>): Promise<[T, number]> {
  const startMs = performance.now()
  const result = await work()
  return [result, performance.now() - startMs]
}
