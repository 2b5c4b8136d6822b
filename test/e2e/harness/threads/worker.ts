// Runs a model on one thread and on three, and says what it ran on and whether both gave the same.
import { forward } from '#model/transformer.ts'
import { openWasmLanguageBackend } from '#wasm/language-backend.ts'
import { loadKernels } from '#wasm/load-page.ts'
import { ODD_SHAPE, randomModel, randomTokens } from '#model/random-model.ts'

const weights = randomModel({ seed: 'threads', shape: ODD_SHAPE })

async function run(threads: number): Promise<string> {
  const backend = openWasmLanguageBackend(await loadKernels(threads))
  const model = await backend.load(weights)
  const cache = model.openCache(200)
  const outputs = []
  for (let round = 0; round < 10; round++) {
    const tokens = randomTokens(`round ${round}`, 20, ODD_SHAPE.vocabulary)
    const { leaves, logits } = await forward(model, [{ cache, tokens }], 'last')
    outputs.push([leaves, logits.map((row) => Array.from(row))])
  }
  await model.close()
  return JSON.stringify(outputs)
}

const isEqual = (await run(1)) === (await run(3))
self.postMessage(`${globalThis.crossOriginIsolated ? 'isolated' : 'not isolated'}, ${isEqual ? 'equal' : 'different'}`)
