// Writes golden.json: what the trained model writes after a few prompts. Run with `node test/vectors/golden.generate.ts` whenever
// models/commonwatt-tiny.safetensors changes; anything else that changes the output is a broken digest.
import { readFile, writeFile } from 'node:fs/promises'
import { digestBytes } from '#core/digest.ts'
import { GREEDY, type Sampling } from '#tensor/exact/sampler.ts'
import { openWasmLanguageBackend } from '#wasm/language-backend.ts'
import { loadKernels } from '#wasm/load-node.ts'
import { TINY_MODEL, complete, loadTinyModel } from '../support/golden-model.ts'

const CASES: readonly { prompt: string; sampling?: Partial<Sampling> }[] = [
  { prompt: 'Q: 23+45=? A:' },
  { prompt: 'Q: 96-58=? A:' },
  { prompt: 'Q: bigger, 41 or 14? A:' },
  { prompt: 'Q: sort 52413 A:' },
  { prompt: 'Q: reverse lamon A:' },
  { prompt: 'Q: where does Mira live? A:' },
  { prompt: 'Q: hello A:' },
  { prompt: 'Q: hello A: Hello! Ask me a sum, a word or about my towns.\nQ: job of Hugo? A:' },
  { prompt: 'Q: ', sampling: { temperature: 1000, seed: 7n } },
]

const file = await readFile(TINY_MODEL)
const tiny = await loadTinyModel(file, openWasmLanguageBackend(await loadKernels()))
const cases: unknown[] = []
for (const { prompt, sampling } of CASES) {
  const completion = await complete(tiny, prompt, { ...GREEDY, ...sampling })
  cases.push({
    prompt,
    temperature: sampling?.temperature ?? 0,
    seed: Number(sampling?.seed ?? 0n),
    ...completion,
  })
  console.log(`${prompt}${completion.text}`)
}
const golden = { model: digestBytes(file), cases }
await writeFile(new URL('golden.json', import.meta.url), `${JSON.stringify(golden, null, 1)}\n`)
