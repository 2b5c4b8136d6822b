// The first text of a grid that was just started: a model that is registered answers a greeting, through the whole grid.
import { toHex } from '#core/bytes.ts'
import { sha256 } from '#core/digest.ts'
import type { Signer } from '#core/ed25519.ts'
import { connect, formatCredits } from '#sdk/index.ts'
import { generateText } from './generation.ts'
import { transportsOf } from './words.ts'

/** What is said to the model. */
const GREETING = 'hello'

/** Room for an answer of a sentence or two. */
const MAX_TOKENS = 64

/** What came of it. */
export type FirstText = {
  readonly job: string
  readonly model: string
  readonly prompt: string
  readonly text: string
  readonly tokens: number
  readonly milliseconds: number
  readonly replicas: number
  readonly transports: readonly string[]
  /** SHA-256 of the certificate. */
  readonly certificate: string
  readonly paid: string
  /** Whether an earlier start had the same text: it is not computed again. */
  readonly isRepeated: boolean
}

/** Has the first model that takes chats answer on `nodes` nodes; null when there is none. */
export async function runFirstText(
  url: string,
  account: Signer,
  nodes: number,
  signal: AbortSignal,
): Promise<FirstText | null> {
  const client = await connect(url, { account, signal })
  const model = (await client.models(signal)).find(({ hasChatTemplate }) => hasChatTemplate)
  if (model === undefined) return null
  const startMs = performance.now()
  const prompt = [{ role: 'user', content: GREETING }]
  const replication = Math.min(2, nodes)
  const { text, generated, outcome } = await generateText(
    client,
    { model, prompt, maxTokens: MAX_TOKENS },
    { replication, signal },
  )
  return {
    job: outcome.job,
    model: model.name,
    prompt: GREETING,
    text,
    tokens: generated.tokens.length,
    milliseconds: Math.round(performance.now() - startMs),
    replicas: outcome.certificate.job.body.replication,
    transports: transportsOf(outcome.certificate),
    certificate: toHex(sha256(outcome.certificateBytes)),
    paid: outcome.paid.toString(),
    isRepeated: outcome.certificate.repeated.length > 0,
  }
}

/** The text in one line. */
export function describeFirstText(first: FirstText): string {
  const { model, prompt, text, tokens, milliseconds, replicas, transports, certificate, paid, isRepeated } = first
  const nodes = replicas === 1 ? '1 node' : `${replicas} nodes agreed over ${transports.join(' and ')}`
  const agreed = isRepeated ? `${nodes} at an earlier start` : nodes
  return (
    `First text: "${prompt}" to ${model}: "${text.trim()}" ${tokens} tokens in ${(milliseconds / 1000).toFixed(2)} s, ` +
    `${agreed}, certificate ${certificate.slice(0, 16)} verified, ${formatCredits(BigInt(paid), 9)} credits paid`
  )
}
