// `commonwatt quote matmul A.npy B.npy`: what a product would cost. Nothing is uploaded.
import { Command } from 'commander'
import type { ContentRef } from '#core/content.ts'
import { addressOf, formatCredits } from '#sdk/index.ts'
import { type CommandContext, coordinatorOption, replicationOption, withAction } from '#cli/command.ts'
import { connectAccount } from '#cli/connect.ts'
import { type MatrixFiles, openMatrixFiles } from '#cli/matrix-files.ts'
import { describeCount } from '#cli/words.ts'

type QuoteOptions = { readonly coordinator: string; readonly replication: number }

/** The command. */
export function quoteCommand(): Command {
  const matmul = new Command('matmul')
    .description('price of a product')
    .argument('<A.npy>', 'left matrix, m x k')
    .argument('<B.npy>', 'right matrix, k x n')
    .addOption(replicationOption())
    .addOption(coordinatorOption())
  return new Command('quote')
    .description('say what a job would cost')
    .addCommand(withAction<QuoteOptions, [string, string]>(matmul, quote))
}

async function quote(context: CommandContext, options: QuoteOptions, aPath: string, bPath: string): Promise<void> {
  const { output, signal } = context
  const inputs = await openMatrixFiles([aPath, bPath])
  const refs = await addressAll(inputs, signal)
  const client = await connectAccount(context, options.coordinator)
  const { replication } = options
  const task = { kind: 'matmul', version: 1, params: {}, inputs: refs }
  const { operations, units, price } = await client.quote(task, { replication, signal })
  output.line(
    `${operations} operations in ${describeCount(units, 'unit')}, ${describeCount(replication, 'replica')} each`,
  )
  output.line(`${formatCredits(BigInt(price), 18)} credits`)
  output.json({ operations, units, replication, price })
}

async function addressAll({ sources, close }: MatrixFiles, signal: AbortSignal): Promise<ContentRef[]> {
  const refs: ContentRef[] = []
  try {
    for (const source of sources) refs.push((await addressOf(source, { signal })).ref)
    return refs
  } finally {
    await close()
  }
}
