// The trained float model -> models/commonwatt-tiny.safetensors, and the record of how it came to be: node training/export.ts.
import { readFile, writeFile } from 'node:fs/promises'
import { utf8 } from '#core/bytes.ts'
import { digestBytes } from '#core/digest.ts'
import { type SourceCard, convertModel } from '#model/convert/model.ts'
import { encodeExactModel } from '#model/exact-file.ts'
import { openWasmLanguageBackend } from '#wasm/language-backend.ts'
import { loadKernels } from '#wasm/load-node.ts'
import { CONFIG_JSON, RECIPE } from './config.ts'
import { readFloatModel } from './float-model.ts'
import { OUTPUT } from './kernels.ts'
import { parameterTensors } from './parameters.ts'
import { MODEL_FILE, MODEL_NAME, writeRecord } from './record.ts'
import { LATE_SHARES, SHARES } from './world.ts'

/** Chats become the lines the model was trained on; other roles have no place in them. */
const CHAT_TEMPLATE =
  "{% for message in messages %}{% if message.role == 'user' %}Q: {{ message.content }} A: {% elif message.role == 'assistant' %}{{ message.content }}{{ '\\n' }}{% endif %}{% endfor %}"

const { config, tensors, sources } = await readFloatModel(OUTPUT)
const card: SourceCard = {
  name: MODEL_NAME,
  tokenizer: 'bytes',
  tokenizerJson: '',
  chatTemplate: CHAT_TEMPLATE,
  beginToken: null,
  endTokens: [...utf8('\n')],
  sources,
}
const backend = openWasmLanguageBackend(await loadKernels())
const file = encodeExactModel(await convertModel(config, tensors, card, { backend }))
await writeFile(MODEL_FILE, file)
const log = (await readFile(new URL('log.jsonl', OUTPUT), 'utf8'))
  .trim()
  .split('\n')
  .map((line) => JSON.parse(line) as Record<string, number>)
await writeRecord({
  name: MODEL_NAME,
  file: {
    sizeBytes: file.length,
    sha256: digestBytes(file),
    parameters: parameterTensors(config).reduce((sum, { shape }) => sum + shape.reduce((a, b) => a * b, 1), 0),
    sources,
  },
  config: CONFIG_JSON,
  recipe: { ...RECIPE, shares: SHARES, sharesWhileTheRateFalls: LATE_SHARES },
  training: {
    steps: Math.max(...log.map(({ step = 0 }) => step)),
    tokens: Math.max(...log.map(({ step = 0 }) => step)) * RECIPE.windows * RECIPE.windowTokens,
    loss: log
      .filter(({ step = 0, loss }) => loss !== undefined && (step === 50 || step % 500 === 0))
      .map(({ step, loss }) => ({ step, loss })),
    heldOut: log.filter(({ step = 0, heldOutLoss }) => heldOutLoss !== undefined && step % 1000 === 0),
  },
})
console.log(`${MODEL_NAME}: ${file.length} bytes`)
