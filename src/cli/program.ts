// The command tree. A command is one file under commands/; adding one is that file and one line here.
import { readFileSync } from 'node:fs'
import { Command } from 'commander'
import { accountCommand } from './commands/account.ts'
import { modelCommand } from './commands/model.ts'
import { nodeCommand } from './commands/node.ts'
import { quoteCommand } from './commands/quote.ts'
import { runCommand } from './commands/run.ts'
import { upCommand } from './commands/up.ts'
import { verifyCommand } from './commands/verify.ts'

/** The `commonwatt` program. Usage errors and --help are thrown as commander's errors. */
export function createProgram(): Command {
  const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
    version: string
  }
  const program = new Command('commonwatt')
    .description('A compute grid of browser tabs whose results anyone can check.')
    .version(version)
    .showHelpAfterError('(add --help for the options)')
    .exitOverride()
    .addHelpText('after', '\nExit codes: 0 done, 1 failed, 2 wrong usage.')
  for (const command of [
    upCommand(),
    nodeCommand(),
    runCommand(),
    modelCommand(),
    quoteCommand(),
    verifyCommand(),
    accountCommand(),
  ]) {
    program.addCommand(overriding(command))
  }
  return program
}

/** Commander copies these settings only to commands it makes itself. */
function overriding(command: Command): Command {
  command.exitOverride().showHelpAfterError('(add --help for the options)')
  for (const child of command.commands) overriding(child)
  return command
}
