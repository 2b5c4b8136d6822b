// `commonwatt run matmul A.npy B.npy --out C.npy`: a verified product of two matrices in files.
import { writeFile } from 'node:fs/promises'
import { Command } from 'commander'
import { sha256 } from '#core/digest.ts'
import { toHex } from '#core/bytes.ts'
import { type RunOutcome, type Stage, formatCredits } from '#sdk/index.ts'
import { type CommandContext, coordinatorOption, maxPriceOption, replicationOption, withAction } from '#cli/command.ts'
import { embedCommand } from './embed.ts'
import { generateCommand } from './generate.ts'
import { connectAccount } from '#cli/connect.ts'
import { createMatrixFile, openMatrixFiles } from '#cli/matrix-files.ts'
import { describeCount, describeMatrix, describeRepeats, transportsOf } from '#cli/words.ts'

type RunOptions = {
  readonly coordinator: string
  readonly out: string
  readonly certificate?: string
  readonly replication: number
  readonly maxPrice?: bigint
}

/** The command. */
export function runCommand(): Command {
  const matmul = new Command('matmul')
    .description('multiply two matrices: int8 gives the exact int32 product, float32 a product within bounds')
    .argument('<A.npy>', 'left matrix, m x k')
    .argument('<B.npy>', 'right matrix, k x n')
    .requiredOption('--out <C.npy>', 'where to put the product')
    .option('--certificate <cert.json>', "where to put the job's certificate")
    .addOption(replicationOption())
    .addOption(maxPriceOption())
    .addOption(coordinatorOption())
  return new Command('run')
    .description('run a job')
    .addCommand(withAction<RunOptions, [string, string]>(matmul, run))
    .addCommand(generateCommand())
    .addCommand(embedCommand())
}

const STAGES: Readonly<Record<Stage, string>> = {
  digest: 'Digesting',
  upload: 'Uploading',
  compute: 'Computing',
  download: 'Receiving',
}

async function run(context: CommandContext, options: RunOptions, aPath: string, bPath: string): Promise<void> {
  const { output, signal } = context
  const startMs = performance.now()
  const inputs = await openMatrixFiles([aPath, bPath])
  const out = createMatrixFile(options.out)
  const progress = output.progress()
  try {
    const client = await connectAccount(context, options.coordinator)
    const { replication, maxPrice } = options
    const onProgress = (stage: Stage, done: number, total: number) => progress.show(STAGES[stage], done, total)
    const task = { kind: 'matmul', version: 1, params: {}, inputs: inputs.sources }
    const settings = { replication, maxPrice, signal, onProgress }
    const outcome = await client.run(task, ({ result }) => out.open(result.layout), settings)
    await out.commit()
    if (options.certificate !== undefined) await writeFile(options.certificate, outcome.certificateBytes)
    progress.stop()
    report(context, options, outcome, performance.now() - startMs)
  } finally {
    progress.stop()
    await Promise.all([inputs.close(), out.close()])
  }
}

function report({ output }: CommandContext, options: RunOptions, outcome: RunOutcome, ms: number): void {
  const { result, certificate, certificateBytes, paid, job, status } = outcome
  const digest = toHex(sha256(certificateBytes))
  const replicas = certificate.job.body.replication
  const transports = transportsOf(certificate)
  output.line(`${options.out}: ${describeMatrix(result.layout)}, content ${result.id}`)
  output.line(
    `${describeCount(certificate.units.length, 'unit')}, ${describeCount(replicas, 'replica')} each (compared over ${transports.join(', ') || 'nothing'}), ` +
      `${(ms / 1000).toFixed(2)} s, ${formatCredits(paid, 9)} credits paid`,
  )
  const repeats = describeRepeats([certificate])
  if (repeats !== null) output.line(repeats)
  output.line(`Certificate ${digest}${options.certificate === undefined ? '' : ` in ${options.certificate}`}, verified`)
  output.json({
    job,
    result,
    out: options.out,
    certificate: options.certificate ?? null,
    certificateDigest: digest,
    units: certificate.units.length,
    repeated: certificate.repeated.length,
    replication: replicas,
    transports,
    paid,
    milliseconds: Math.round(ms),
    stages: status.stages,
    checks: outcome.checks,
  })
}
