// Whoever runs a language model in a benchmark, and how several are timed: in turns, so that a busy machine slows all of them alike.
import { median } from '../lib/median.ts'

/** One sequence in one library. Feeding includes the logits of the last token. */
export interface Contender {
  readonly name: string
  feed(tokens: readonly number[]): Promise<void>
  /** Forgets all tokens. */
  clear(): Promise<void>
}

/** What is fed: a prompt at once, then tokens one by one. */
export type Course = {
  readonly prompt: readonly number[]
  readonly decoded: readonly number[]
  readonly rounds: number
}

/** Tokens per second. */
export type Speed = { readonly prefill: number; readonly decode: number }

/** Median speeds by name, after a round that warms up. */
export async function speedsInTurns(
  contenders: readonly Contender[],
  { prompt, decoded, rounds }: Course,
): Promise<Record<string, Speed>> {
  const measured = new Map<string, Speed[]>(contenders.map(({ name }) => [name, []]))
  for (let round = -1; round < rounds; round++)
    for (const contender of contenders) {
      await contender.clear()
      const prefill = await perSecond(prompt.length, () => contender.feed(prompt))
      const decode = await perSecond(decoded.length, async () => {
        for (const token of decoded) await contender.feed([token])
      })
      if (round >= 0) measured.get(contender.name)?.push({ prefill, decode })
    }
  return Object.fromEntries(
    [...measured].map(([name, speeds]) => [
      name,
      { prefill: median(speeds.map(({ prefill }) => prefill)), decode: median(speeds.map(({ decode }) => decode)) },
    ]),
  )
}

async function perSecond(tokens: number, work: () => Promise<void>): Promise<number> {
  const startMs = performance.now()
  await work()
  return (tokens * 1000) / (performance.now() - startMs)
}
