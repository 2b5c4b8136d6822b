// The reference's thread: kinds over arrays in plain TypeScript, language models on WebAssembly, which gives the same bytes.
import { workerData } from 'node:worker_threads'
import { type Endpoint, expose } from 'comlink'
import type { ByteSource } from '#core/byte-source.ts'
import { fromHex } from '#core/bytes.ts'
import { DIGEST_BYTES } from '#core/digest.ts'
import { toErrorRecord } from '#core/errors.ts'
import { seededRandom } from '#core/random.ts'
import { type UnitInputs, inputsFrom } from '#work/kind.ts'
import { kindOf } from '#work/kinds.ts'
import { openModels } from '#coordinator/open-models.ts'
import type { ReferenceAnswer, ReferenceInputs, ReferenceReader, ReferenceThread } from './reference.ts'

const models = openModels()

const api: ReferenceThread = {
  recompute: (unit, index, given, read) =>
    answered(async () => kindOf(unit.kind, unit.version).recompute(unit, inputsOf(given, read), index, models)),
  audit: (unit, result, seed, given, read) =>
    answered(async () => {
      const random = seededRandom(fromHex(seed, DIGEST_BYTES))
      return kindOf(unit.kind, unit.version).audit(unit, inputsOf(given, read), result, random, models)
    }),
}

function inputsOf({ parts, files }: ReferenceInputs, read: ReferenceReader): UnitInputs {
  const sources = files.map(({ input, sizeBytes }): [number, ByteSource] => [
    input,
    { sizeBytes, read: (offset, length) => read(input, offset, length) },
  ])
  return inputsFrom(parts, new Map(sources))
}

async function answered<T>(work: () => Promise<T>): Promise<ReferenceAnswer<T>> {
  try {
    return { value: await work() }
  } catch (error) {
    return { error: toErrorRecord(error) }
  }
}

expose(api, workerData as Endpoint)
