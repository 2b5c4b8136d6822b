// Entry of the `commonwatt` command.
import './keep-wasm-code.ts'
import { CommanderError } from 'commander'
import { EXIT_FAILED, EXIT_USAGE, describeFailure } from './failure.ts'
import { createProgram } from './program.ts'

try {
  await createProgram().parseAsync(process.argv)
} catch (error) {
  if (error instanceof CommanderError) process.exitCode = error.exitCode === 0 ? 0 : EXIT_USAGE
  else {
    process.stderr.write(`${describeFailure(error)}\n`)
    process.exitCode = EXIT_FAILED
  }
}
