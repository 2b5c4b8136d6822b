// `commonwatt run generate --model ID --prompt TEXT`: a verified text.
import { writeFile } from 'node:fs/promises'
import { Command, InvalidArgumentError, Option } from 'commander'
import { toHex } from '#core/bytes.ts'
import { sha256 } from '#core/digest.ts'
import { randomInt, systemRandom } from '#core/random.ts'
import type { Sampling } from '#tensor/exact/sampler.ts'
import type { ChatMessage } from '#model/text-model.ts'
import { type Stage, StreamContradictedError, formatCredits } from '#sdk/index.ts'
import {
  type CommandContext,
  coordinatorOption,
  integerIn,
  maxPriceOption,
  replicationOption,
  withAction,
} from '#cli/command.ts'
import { connectAccount } from '#cli/connect.ts'
import { UsageError } from '#cli/failure.ts'
import { findModel } from '#cli/find-model.ts'
import { type TextOutcome, generateText } from '#cli/generation.ts'
import type { Output, Progress } from '#cli/output.ts'
import { readMessages } from '#cli/text-files.ts'
import { describeCount, describeRepeats, transportsOf } from '#cli/words.ts'

type GenerateOptions = {
  readonly coordinator: string
  readonly model: string
  readonly prompt?: string
  readonly messages?: string
  readonly maxTokens: number
  readonly temperature: number
  readonly topP: number
  readonly topK: number
  readonly seed?: bigint
  readonly stop?: readonly string[]
  readonly stream?: boolean
  readonly certificate?: string
  readonly replication: number
  readonly maxPrice?: bigint
}

const EXAMPLES = `
The text goes to stdout, everything else to stderr. What --stream prints is one node's claim until the line "verified" follows;
should the verified text not begin with it, the command fails.

Examples:
  commonwatt run generate --model commonwatt-tiny --prompt 'Q: 23+45=? A:' --stream
  commonwatt run generate --model commonwatt-tiny --messages chat.json --stop . --certificate text.json
  commonwatt run generate --model commonwatt-tiny --prompt 'Q: ' --temperature 0.8 --seed 7 --json`

const STAGES: Readonly<Record<Stage, string>> = {
  digest: 'Digesting',
  upload: 'Uploading',
  compute: 'Writing',
  download: 'Receiving',
}

/** The command, a part of `run`. */
export function generateCommand(): Command {
  const command = new Command('generate')
    .description('continue a text by a language model; the same text on every machine, and a certificate for it')
    .requiredOption('--model <id>', 'a registered model: its id, the beginning of its id, or its name')
    .option('--prompt <text>', 'the text to continue')
    .addOption(
      new Option('--messages <file.json>', 'a chat to answer: [{"role": "user", "content": ...}]').conflicts('prompt'),
    )
    .option('--max-tokens <n>', 'most tokens to write', integerIn(1, 65_536), 64)
    .option('--temperature <t>', '0 takes the likeliest token each time', fixedPoint(1000, 2_000_000), 0)
    .addOption(
      new Option('--top-p <p>', 'with a temperature: the smallest set of tokens with this probability')
        .argParser(fixedPoint(1e6, 1e6))
        .default(1e6, '1'),
    )
    .option('--top-k <k>', 'with a temperature: the k likeliest tokens, 0 for all', integerIn(0, 2 ** 20), 0)
    .option('--seed <n>', 'with a temperature: the same seed gives the same text', parseSeed)
    .option('--stop <text>', 'end the text before this one; up to four, each with its own --stop', collected)
    .option('--stream', 'print the text as it is written, before it is verified')
    .option('--certificate <cert.json>', "where to put the job's certificate")
    .addOption(replicationOption())
    .addOption(maxPriceOption())
    .addOption(coordinatorOption())
    .addHelpText('after', EXAMPLES)
  return withAction<GenerateOptions, []>(command, generate)
}

async function generate(context: CommandContext, options: GenerateOptions): Promise<void> {
  const { output, signal } = context
  const startMs = performance.now()
  const prompt = await promptOf(options)
  const progress = output.progress()
  const writer = openWriter(output, progress)
  try {
    const client = await connectAccount(context, options.coordinator)
    const model = await findModel(client, options.model, signal)
    const { replication, maxPrice, maxTokens } = options
    const { onProgress, onText } = writer
    const request = { model, prompt, maxTokens, sampling: samplingOf(options), stops: options.stop ?? [] }
    const askedMs = performance.now() - startMs
    const written = await generateText(client, request, {
      replication,
      maxPrice,
      signal,
      onProgress,
      ...(options.stream === true ? { onText } : {}),
    })
    if (options.certificate !== undefined) await writeFile(options.certificate, written.outcome.certificateBytes)
    progress.stop()
    writer.finish()
    if (options.stream !== true) output.line(written.text)
    else if (written.text === '') output.line('')
    const firstMs = written.firstTokenMs === null ? null : askedMs + written.firstTokenMs
    report(context, options, written, { ms: performance.now() - startMs, firstMs })
  } catch (error) {
    writer.finish()
    if (error instanceof StreamContradictedError) await keepEvidence(output, options, error)
    throw error
  } finally {
    progress.stop()
  }
}

/** Shows how far a text is, and from its first piece on the text itself. */
function openWriter(output: Output, progress: Progress) {
  let isWriting = false
  return {
    onProgress: (stage: Stage, done: number, total: number) => {
      if (!isWriting) progress.show(STAGES[stage], done, total)
    },
    onText: (text: string) => {
      if (!isWriting) progress.stop()
      isWriting = true
      output.piece(text, { event: 'text', text, isVerified: false })
    },
    finish() {
      if (isWriting) output.line('')
      isWriting = false
    },
  }
}

/** Keeps what shows that a node streamed something else than the result, beside the certificate of the result. */
async function keepEvidence(
  output: Output,
  { certificate }: GenerateOptions,
  { outcome, contradictions }: StreamContradictedError,
): Promise<void> {
  if (certificate === undefined) return
  const evidence = `${certificate}.evidence.json`
  await writeFile(certificate, outcome.certificateBytes)
  await writeFile(evidence, `${JSON.stringify({ job: outcome.job, contradictions }, null, 2)}\n`)
  output.note(`The certificate is in ${certificate}, what the node signed in ${evidence}.`)
}

/** From the command's start to its end, and to the first token that was streamed. */
type Times = { readonly ms: number; readonly firstMs: number | null }

function report(
  { output }: CommandContext,
  options: GenerateOptions,
  written: TextOutcome,
  { ms, firstMs }: Times,
): void {
  const { text, generated, promptTokens, outcome } = written
  const { certificate, certificateBytes, paid, job, status, checks } = outcome
  const digest = toHex(sha256(certificateBytes))
  const { replication } = certificate.job.body
  const transports = transportsOf(certificate)
  output.note(
    `${describeCount(generated.tokens.length, 'token')} after ${promptTokens} (${generated.finishReason}), ` +
      `${describeCount(replication, 'replica')} (compared over ${transports.join(', ') || 'nothing'}), ` +
      `${firstMs === null ? '' : `the first after ${seconds(firstMs)}, `}${seconds(ms)}, ${formatCredits(paid, 9)} credits paid`,
  )
  const repeats = describeRepeats([certificate])
  if (repeats !== null) output.note(repeats)
  output.note(`Certificate ${digest}${options.certificate === undefined ? '' : ` in ${options.certificate}`}, verified`)
  output.json({
    ...(options.stream === true ? { event: 'result', isVerified: true } : {}),
    job,
    text,
    tokens: generated.tokens,
    finishReason: generated.finishReason,
    promptTokens,
    header: generated.header,
    certificate: options.certificate ?? null,
    certificateDigest: digest,
    repeated: certificate.repeated.length,
    replication,
    transports,
    paid,
    milliseconds: Math.round(ms),
    firstTokenMilliseconds: firstMs === null ? null : Math.round(firstMs),
    stages: status.stages,
    checks,
  })
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(2)} s`
}

async function promptOf({ prompt, messages }: GenerateOptions): Promise<string | ChatMessage[]> {
  if (messages === undefined) {
    if (prompt === undefined) throw new UsageError('Say what to write: --prompt TEXT or --messages FILE.')
    return prompt
  }
  return readMessages(messages)
}

/** Without a temperature nothing is drawn, and a seed or cut would mean nothing; with one the seed is made when none is given. */
function samplingOf({ temperature, topP, topK, seed }: GenerateOptions): Partial<Sampling> {
  if (temperature > 0) return { temperature, topP, topK, seed: seed ?? BigInt(randomInt(systemRandom, 2 ** 32)) }
  if (seed !== undefined || topK !== 0 || topP !== 1e6)
    throw new UsageError('--seed, --top-p and --top-k need a --temperature above 0.')
  return {}
}

/** Parses a decimal fraction into an integer of 1/`scale`, at most `max`. */
function fixedPoint(scale: number, max: number): (text: string) => number {
  return (text) => {
    const value = /^\d{1,4}(?:\.\d{1,6})?$/.test(text) ? Math.round(Number(text) * scale) : Number.NaN
    if (!(value >= 0 && value <= max)) throw new InvalidArgumentError(`It must be a number from 0 to ${max / scale}.`)
    return value
  }
}

function collected(text: string, before: readonly string[] = []): string[] {
  return [...before, text]
}

function parseSeed(text: string): bigint {
  if (!/^\d{1,20}$/.test(text) || BigInt(text) >= 1n << 64n)
    throw new InvalidArgumentError('It must be an integer from 0 to 2^64 - 1.')
  return BigInt(text)
}
