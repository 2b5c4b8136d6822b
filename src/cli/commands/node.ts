// `commonwatt node --coordinator URL`: headless contributors on this machine.
import { join } from 'node:path'
import { Command } from 'commander'
import { type CommandContext, aborted, coordinatorOption, integerIn, withAction } from '#cli/command.ts'
import { openHeadlessNodes } from '#cli/headless-nodes.ts'

type NodeOptions = {
  readonly coordinator: string
  readonly count: number
  readonly browser: boolean
  readonly data: string
}

/** Nodes on one machine: each is a browser of some 200 MB. */
const MAX_COUNT = 64

/** The command. */
export function nodeCommand(): Command {
  const command = new Command('node')
    .description('contribute from this machine, without a window, until Ctrl-C')
    .addOption(coordinatorOption())
    .option('--count <n>', 'how many nodes', integerIn(1, MAX_COUNT), 1)
    .option('--no-browser', 'Node processes on the reference backend instead of Chromium')
    .option('--data <dir>', 'where the nodes keep who they are', '.commonwatt')
  return withAction<NodeOptions, []>(command, contribute)
}

async function contribute({ output, signal }: CommandContext, options: NodeOptions): Promise<void> {
  const { coordinator: url, count, browser: withBrowser, data } = options
  const folder = join(data, 'nodes')
  const note = (text: string) => output.note(text)
  const nodes = await openHeadlessNodes({ url, count, folder, withBrowser, signal, note })
  output.line(`${count} ${count === 1 ? 'node contributes' : 'nodes contribute'} to ${url}. Ctrl-C stops.`)
  output.json({ coordinator: url, count, kind: nodes.kind })
  await aborted(signal)
  output.note('Stopping ...')
  await nodes.stop()
}
