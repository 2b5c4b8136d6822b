// `commonwatt run embed --model ID --text TEXT`: verified vectors of texts.
import { writeFile } from 'node:fs/promises'
import { Command, Option } from 'commander'
import { bytesOf, concat, toHex } from '#core/bytes.ts'
import { sha256 } from '#core/digest.ts'
import { formatCredits } from '#sdk/index.ts'
import { VECTOR_ONE } from '#tensor/exact/mean-pool.ts'
import { encodeNpyHeader } from '#work/npy-header.ts'
import { type CommandContext, coordinatorOption, maxPriceOption, replicationOption, withAction } from '#cli/command.ts'
import { connectAccount } from '#cli/connect.ts'
import { type VectorsOutcome, embedOnGrid } from '#cli/embedding.ts'
import { UsageError } from '#cli/failure.ts'
import { findModel } from '#cli/find-model.ts'
import { readTexts } from '#cli/text-files.ts'
import { describeCount, describeRepeats, transportsOf } from '#cli/words.ts'

type EmbedOptions = {
  readonly coordinator: string
  readonly model: string
  readonly text?: readonly string[]
  readonly file?: string
  readonly out?: string
  readonly certificate?: string
  readonly replication: number
  readonly maxPrice?: bigint
}

/** The command, a part of `run`. */
export function embedCommand(): Command {
  const command = new Command('embed')
    .description('turn texts into vectors by a language model; the same vectors on every machine')
    .requiredOption('--model <id>', 'a registered model: its id, the beginning of its id, or its name')
    .option('--text <text>', 'a text; several, each with its own --text', collected)
    .addOption(
      new Option('--file <file>', 'texts: one a line, or with .jsonl a JSON string or {"text": ...} a line').conflicts(
        'text',
      ),
    )
    .option('--out <vectors.npy>', 'where to put the vectors: .npy of float32, a row a text, or .json')
    .option('--certificate <cert.json>', "where to put the job's certificate; numbered when there are several jobs")
    .addOption(replicationOption())
    .addOption(maxPriceOption())
    .addOption(coordinatorOption())
  return withAction<EmbedOptions, []>(command, embed)
}

async function embed(context: CommandContext, options: EmbedOptions): Promise<void> {
  const { output, signal } = context
  const startMs = performance.now()
  const isNpy = options.out?.endsWith('.npy') === true
  if (options.out !== undefined && !isNpy && !options.out.endsWith('.json'))
    throw new UsageError('--out takes a name that ends in .npy or .json.')
  const texts = await textsOf(options)
  const progress = output.progress()
  try {
    const client = await connectAccount(context, options.coordinator)
    const model = await findModel(client, options.model, signal)
    const { replication, maxPrice } = options
    const onProgress = (done: number, total: number) => progress.show('Embedding', done, total)
    const embedded = await embedOnGrid(client, model, texts, { replication, maxPrice, signal, onProgress })
    progress.stop()
    if (options.out !== undefined) await writeFile(options.out, isNpy ? npyOf(embedded) : jsonOf(embedded))
    const certificates = await keepCertificates(options.certificate, embedded)
    report(context, options, embedded, certificates, performance.now() - startMs)
  } finally {
    progress.stop()
  }
}

function report(
  { output }: CommandContext,
  options: EmbedOptions,
  embedded: VectorsOutcome,
  certificates: readonly string[],
  ms: number,
): void {
  const { vectors, tokens, outcomes } = embedded
  const paid = outcomes.reduce((sum, outcome) => sum + outcome.paid, 0n)
  const transports = [...new Set(outcomes.flatMap(({ certificate }) => transportsOf(certificate)))]
  const components = vectors[0]?.length ?? 0
  if (options.out === undefined) for (const vector of vectors) output.line(JSON.stringify(floatsOf(vector)))
  else output.line(`${options.out}: ${describeCount(vectors.length, 'vector')} of ${components} components`)
  output.note(
    `${describeCount(vectors.length, 'text')} of ${describeCount(tokens, 'token')} in ${describeCount(outcomes.length, 'job')}, ` +
      `${describeCount(options.replication, 'replica')} (compared over ${transports.join(', ') || 'nothing'}), ` +
      `${(ms / 1000).toFixed(2)} s, ${formatCredits(paid, 9)} credits paid; every certificate verified` +
      (certificates.length === 0 ? '' : `: ${certificates.join(', ')}`),
  )
  const certified = outcomes.map(({ certificate }) => certificate)
  const repeats = describeRepeats(certified)
  if (repeats !== null) output.note(repeats)
  output.json({
    jobs: outcomes.map(({ job, certificateBytes }, i) => ({
      job,
      certificate: certificates[i] ?? null,
      certificateDigest: toHex(sha256(certificateBytes)),
    })),
    texts: vectors.length,
    tokens,
    components,
    ...(options.out === undefined ? { vectors: vectors.map(floatsOf) } : { out: options.out }),
    repeated: certified.reduce((sum, { repeated }) => sum + repeated.length, 0),
    replication: options.replication,
    transports,
    paid,
    milliseconds: Math.round(ms),
  })
}

function textsOf({ text, file }: EmbedOptions): readonly string[] | Promise<readonly string[]> {
  if (text !== undefined) return text
  if (file === undefined) throw new UsageError('Say what to embed: --text TEXT or --file FILE.')
  return readTexts(file)
}

function collected(text: string, before?: readonly string[]): string[] {
  return [...(before ?? []), text]
}

/** Writes the certificates; several jobs have theirs numbered: cert.json, cert-2.json, ... */
async function keepCertificates(path: string | undefined, { outcomes }: VectorsOutcome): Promise<string[]> {
  if (path === undefined) return []
  const paths = outcomes.map((_, i) => (i === 0 ? path : `${path.replace(/\.json$/, '')}-${i + 1}.json`))
  for (const [i, { certificateBytes }] of outcomes.entries()) await writeFile(paths[i] ?? path, certificateBytes)
  return paths
}

function npyOf({ vectors }: VectorsOutcome): Uint8Array {
  const layout = { form: 'matrix', dtype: 'f32', rows: vectors.length, cols: vectors[0]?.length ?? 0 } as const
  return concat(encodeNpyHeader(layout), ...vectors.map((vector) => bytesOf(Float32Array.from(floatsOf(vector)))))
}

function jsonOf({ vectors }: VectorsOutcome): string {
  return `${JSON.stringify(vectors.map(floatsOf))}\n`
}

/** Components between -1 and 1. */
function floatsOf(vector: Int16Array): number[] {
  return Array.from(vector, (value) => value / VECTOR_ONE)
}
