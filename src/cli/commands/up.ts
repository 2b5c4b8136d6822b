// `commonwatt up`: a whole grid on this machine. A coordinator with its store, headless nodes, and a first real job through them; it
// stays up until Ctrl-C and takes up where it left at the next start.
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Command } from 'commander'
import type { Coordinator } from '#coordinator/coordinator.ts'
import { toErrorRecord } from '#core/errors.ts'
import { type CommandContext, aborted, integerIn, withAction } from '#cli/command.ts'
import { describeFailure, failureOf } from '#cli/failure.ts'
import { describeFirstJob, runFirstJob } from '#cli/first-job.ts'
import { describeFirstText, runFirstText } from '#cli/first-text.ts'
import { registerModel } from '#cli/generation.ts'
import { type HeadlessNodes, openHeadlessNodes } from '#cli/headless-nodes.ts'
import { modelFilesIn, openModelFile } from '#cli/model-files.ts'
import { connect } from '#sdk/index.ts'
import { openAccountKey, rememberNetwork } from '#cli/settings-folder.ts'

type UpOptions = {
  readonly port: number
  readonly host: string
  readonly data: string
  readonly nodes: number
  readonly browser: boolean
  readonly firstJob: boolean
}

const MODELS_DIR = fileURLToPath(new URL('../../../models', import.meta.url))
const PAGE_DIR = fileURLToPath(new URL('../../../dist/page', import.meta.url))

/** The command. */
export function upCommand(): Command {
  const command = new Command('up')
    .description('start a coordinator with its page and headless nodes, and run a first job through them')
    .option('--port <port>', 'port of page, API and peers; 0 takes any free one', integerIn(0, 65_535), 4747)
    .option('--host <address>', 'address to listen on; 0.0.0.0 lets other machines in', '127.0.0.1')
    .option('--data <dir>', 'where everything is kept', '.commonwatt')
    .option('--nodes <n>', 'headless nodes on this machine', integerIn(0, 64), 2)
    .option('--no-browser', 'nodes are Node processes on the reference backend instead of Chromium')
    .option('--no-first-job', 'run no job at the start')
  return withAction<UpOptions, []>(command, up)
}

async function up(context: CommandContext, options: UpOptions): Promise<void> {
  const { output, signal } = context
  const coordinator = await open(context, options)
  let nodes: HeadlessNodes | undefined
  try {
    await rememberNetwork(coordinator.url, coordinator.network)
    output.line(`Page:      ${coordinator.url}`)
    await registerModels(context, coordinator)
    nodes = await startNodes(context, options, coordinator)
    const firstJob = options.firstJob && options.nodes > 0 ? await firstJobOf(context, options, coordinator) : null
    const firstText = options.firstJob && options.nodes > 0 ? await firstTextOf(context, options, coordinator) : null
    const { url, network } = coordinator
    output.json({ url, network, nodes: { count: options.nodes, kind: nodes.kind }, firstJob, firstText })
    output.line('The grid is up. Ctrl-C stops it.')
    await aborted(signal)
  } catch (error) {
    // An interrupt in the middle of a start is an orderly stop too.
    if (!signal.aborted) throw error
  } finally {
    if (signal.aborted) output.note('Stopping ...')
    await nodes?.stop()
    await coordinator.close()
  }
}

async function open({ output }: CommandContext, { port, host, data }: UpOptions): Promise<Coordinator> {
  if (!existsSync(join(PAGE_DIR, 'index.html')))
    output.note('The page is not built (npm run build): only the API is served.')
  // Loaded on demand, as all that only one command needs: the others answer at once.
  const { openCoordinator } = await import('#coordinator/coordinator.ts')
  return openCoordinator({
    dataDir: data,
    port,
    host,
    pageDir: PAGE_DIR,
    hasTour: true,
    report: (error) => output.note(`Coordinator: ${toErrorRecord(error).message}`),
  })
}

/** Registers the models that the project brings; a grid without them is still a grid. */
async function registerModels({ output, signal }: CommandContext, { url }: Coordinator): Promise<void> {
  for (const path of await modelFilesIn(MODELS_DIR))
    try {
      const { signer } = await openAccountKey()
      const client = await connect(url, { account: signer, signal })
      const file = await openModelFile(path)
      try {
        const { name } = await registerModel(client, file.source, { signal })
        output.line(`Model:     ${name}`)
      } finally {
        await file.close()
      }
    } catch (error) {
      signal.throwIfAborted()
      output.note(`The model in ${path} is not available: ${toErrorRecord(error).message}`)
    }
}

async function startNodes(
  { output, signal }: CommandContext,
  { nodes: count, data, browser: withBrowser }: UpOptions,
  { url }: Coordinator,
): Promise<HeadlessNodes> {
  const note = (text: string) => output.note(text)
  return openHeadlessNodes({ url, count, folder: join(data, 'nodes'), withBrowser, signal, note })
}

/** A grid whose first job fails is up all the same: other nodes may come. The failure is said, not hidden. */
async function firstJobOf({ output, signal }: CommandContext, { nodes }: UpOptions, { url }: Coordinator) {
  const { signer } = await openAccountKey()
  try {
    const firstJob = await runFirstJob(url, signer, nodes, signal)
    output.line(describeFirstJob(firstJob))
    return firstJob
  } catch (error) {
    signal.throwIfAborted()
    output.note(`The first job failed. ${describeFailure(error)}`)
    return { error: failureOf(error) }
  }
}

/** As with the first job: a failure is said, and the grid is up. */
async function firstTextOf({ output, signal }: CommandContext, { nodes }: UpOptions, { url }: Coordinator) {
  const { signer } = await openAccountKey()
  try {
    const firstText = await runFirstText(url, signer, nodes, signal)
    if (firstText !== null) output.line(describeFirstText(firstText))
    return firstText
  } catch (error) {
    signal.throwIfAborted()
    output.note(`The first text failed. ${describeFailure(error)}`)
    return { error: failureOf(error) }
  }
}
