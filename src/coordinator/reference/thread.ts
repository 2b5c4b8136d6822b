// The reference's thread: kinds over arrays in plain TypeScript, language models on WebAssembly, which gives the same bytes.
import { workerData } from 'node:worker_threads'
import { type Endpoint, expose } from 'comlink'
import type { ByteSource } from '#core/byte-source.ts'
import { toErrorRecord } from '#core/errors.ts'
import { inputsFrom } from '#work/kind.ts'
import { kindOf } from '#work/kinds.ts'
import { openModels } from '#coordinator/open-models.ts'
import type { ReferenceThread } from './reference.ts'

const models = openModels()

const api: ReferenceThread = {
  async recompute(unit, index, parts, files, read) {
    try {
      const sources = new Map<number, ByteSource>(
        files.map(({ input, sizeBytes }) => [
          input,
          { sizeBytes, read: (offset, length) => read(input, offset, length) },
        ]),
      )
      const kind = kindOf(unit.kind, unit.version)
      return { bytes: await kind.recompute(unit, inputsFrom(parts, sources), index, models) }
    } catch (error) {
      return { error: toErrorRecord(error) }
    }
  },
}

expose(api, workerData as Endpoint)
