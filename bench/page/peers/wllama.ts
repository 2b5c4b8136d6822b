// llama.cpp as @wllama/wllama compiles it to WebAssembly, fed with token numbers on one thread.
import { LoggerWithoutDebug, Wllama } from '@wllama/wllama/esm/index.js'
import multiThread from '@wllama/wllama/esm/multi-thread/wllama.wasm?url'
import singleThread from '@wllama/wllama/esm/single-thread/wllama.wasm?url'
import type { Candidate } from '../../language/agreement.ts'

/** How to load a GGUF file. */
export type LlamaCppOptions = {
  readonly positions: number
  readonly threads?: number
  /** Type of keys and values in the cache: llama.cpp's own default is f16. */
  readonly cacheType?: 'f16' | 'f32'
}

/** One sequence in llama.cpp. */
export interface LlamaCpp {
  /** Feeds tokens behind those that are there; the last one's logits are computed. */
  feed(tokens: readonly number[]): Promise<void>
  /** The `count` likeliest tokens after the last one fed, best first. */
  best(count: number): Promise<readonly Candidate[]>
  /** Forgets all tokens. */
  clear(): Promise<void>
  tokenize(text: string): Promise<readonly number[]>
  detokenize(tokens: readonly number[]): Promise<string>
  close(): Promise<void>
}

/** Loads a GGUF file. */
export async function openLlamaCpp(gguf: Uint8Array<ArrayBuffer>, options: LlamaCppOptions): Promise<LlamaCpp> {
  const { positions, threads = 1, cacheType = 'f16' } = options
  const paths = { 'single-thread/wllama.wasm': singleThread, 'multi-thread/wllama.wasm': multiThread }
  const logger = { ...LoggerWithoutDebug, log: () => {}, warn: () => {} }
  const wllama = new Wllama(paths, { suppressNativeLog: true, logger })
  await wllama.loadModel([new Blob([gguf])], {
    n_ctx: positions,
    n_batch: positions,
    n_threads: threads,
    cache_type_k: cacheType,
    cache_type_v: cacheType,
  })
  return {
    async feed(tokens) {
      await wllama.decode([...tokens], { skipLogits: false })
    },
    async best(count) {
      const found = await wllama.getLogits(count)
      return found.map(({ token, p }) => ({ token, logProbability: Math.log(p) }))
    },
    clear: () => wllama.kvClear(),
    tokenize: (text) => wllama.tokenize(text, false),
    detokenize: (tokens) => wllama.detokenize([...tokens], true),
    close: () => wllama.exit(),
  }
}

/** The `count` likeliest tokens after each of `tokens`. */
export async function bestByPosition(
  peer: LlamaCpp,
  tokens: readonly number[],
  count: number,
): Promise<(readonly Candidate[])[]> {
  const choices: (readonly Candidate[])[] = []
  for (const token of tokens) {
    await peer.feed([token])
    choices.push(await peer.best(count))
  }
  return choices
}
