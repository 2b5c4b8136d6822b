// Our WASM backend in a worker, fed by messages: as llama.cpp's is, so that both pay for one message a token.
import { expose } from 'comlink'
import { openWasmLanguageBackend } from '#wasm/language-backend.ts'
import { loadKernels } from '#wasm/load-page.ts'
import type { Contender } from '../../language/contender.ts'
import { ourContender, smallWeights } from '../../language/own.ts'

let contender: Contender | undefined

const worker = {
  async open(): Promise<string> {
    const model = await openWasmLanguageBackend(await loadKernels(1)).load(await smallWeights())
    contender = ourContender('commonwatt', model)
    return contender.name
  },
  feed: (tokens: readonly number[]) => contender?.feed(tokens),
  clear: () => contender?.clear(),
}
expose(worker)

/** What the page sees. */
export type OwnWorker = typeof worker
