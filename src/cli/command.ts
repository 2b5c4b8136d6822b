// What every command shares: its voice, an abort signal that Ctrl-C raises, exit codes, and the options that mean the same everywhere.
import { type Command, InvalidArgumentError, Option } from 'commander'
import { AppError } from '#core/errors.ts'
import { ATTO_PER_CREDIT } from '#sdk/index.ts'
import { EXIT_DONE, EXIT_FAILED, EXIT_USAGE, UsageError } from './failure.ts'
import { type Output, openOutput } from './output.ts'

/** What a command's action is given besides its arguments. */
export type CommandContext = { readonly output: Output; readonly signal: AbortSignal }

/** An action says how it went: an exit code, {@link EXIT_DONE} when it returns nothing. */
export type Action<Options, Args extends unknown[]> = (
  context: CommandContext,
  options: Options,
  ...args: Args
) => Promise<number | void>

/** Where a coordinator is looked for. */
export const DEFAULT_COORDINATOR = 'http://localhost:4747'

/** A second Ctrl-C within this time is taken for the same one: terminals and npm both pass it on. */
const SAME_INTERRUPT_MS = 1_000

/** Gives `command` its action, with --json, errors as sentences and exit codes. */
export function withAction<Options extends object, Args extends unknown[]>(
  command: Command,
  action: Action<Options, Args>,
): Command {
  command.option('--json', jsonHelp(command))
  return command.action(async (...received: unknown[]) => {
    const options = command.optsWithGlobals<Options & { json?: boolean; stream?: boolean }>()
    const args = received.slice(0, -2) as Args
    const output = openOutput({ isJson: options.json === true, isStreamed: options.stream === true })
    const interrupt = openInterrupt()
    try {
      process.exitCode = (await action({ output, signal: interrupt.signal }, options, ...args)) ?? EXIT_DONE
    } catch (error) {
      output.fail(error)
      process.exitCode = error instanceof UsageError ? EXIT_USAGE : EXIT_FAILED
    } finally {
      interrupt.close()
    }
  })
}

function jsonHelp(command: Command): string {
  const isStreaming = command.options.some(({ long }) => long === '--stream')
  const streamed = isStreaming ? ' (with --stream one a line: text as it comes, the whole result last)' : ''
  return `print one JSON value to stdout and nothing else${streamed}`
}

/** The coordinator that commands talk to when they are not told another. */
export function defaultCoordinator(): string {
  return process.env['COMMONWATT_COORDINATOR'] || DEFAULT_COORDINATOR
}

/** `--coordinator URL`, from COMMONWATT_COORDINATOR or the default. */
export function coordinatorOption(): Option {
  return new Option('--coordinator <url>', 'address of the coordinator')
    .env('COMMONWATT_COORDINATOR')
    .default(DEFAULT_COORDINATOR)
}

/** `--replication K`. */
export function replicationOption(): Option {
  return new Option('--replication <k>', 'nodes that compute each unit and check one another')
    .argParser(integerIn(1, 5))
    .default(2)
}

/** `--max-price CREDITS`. */
export function maxPriceOption(): Option {
  return new Option('--max-price <credits>', 'most that may be paid (default: the list price)').argParser(parseCredits)
}

/** Parses an integer of an option or refuses it with its bounds. */
export function integerIn(min: number, max: number): (text: string) => number {
  return (text) => {
    const value = /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN
    if (!(value >= min && value <= max)) throw new InvalidArgumentError(`It must be an integer from ${min} to ${max}.`)
    return value
  }
}

/** Atto-credit of an amount in credits such as `0.25`. */
export function parseCredits(text: string): bigint {
  const [, whole, fraction = ''] = /^(\d{1,12})(?:\.(\d{1,18}))?$/.exec(text) ?? []
  if (whole === undefined) throw new InvalidArgumentError('It must be an amount of credits such as 0.25.')
  return BigInt(whole) * ATTO_PER_CREDIT + BigInt(fraction.padEnd(18, '0'))
}

/** Resolves when `signal` is aborted. */
export function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve()
    else signal.addEventListener('abort', () => resolve(), { once: true })
  })
}

/** SIGINT and SIGTERM abort the signal; another one, later, ends the process at once. */
function openInterrupt(): { signal: AbortSignal; close(): void } {
  const controller = new AbortController()
  let firstMs = 0
  const onSignal = (): void => {
    if (!controller.signal.aborted) {
      firstMs = Date.now()
      controller.abort(new InterruptedError())
    } else if (Date.now() - firstMs > SAME_INTERRUPT_MS) process.exit(EXIT_FAILED)
  }
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const
  for (const name of signals) process.on(name, onSignal)
  return {
    signal: controller.signal,
    close() {
      for (const name of signals) process.removeListener(name, onSignal)
    },
  }
}

/** Ctrl-C, or the system's request to end. */
export class InterruptedError extends AppError {
  override readonly name = 'cli.Interrupted'
  constructor() {
    super('input', 'Interrupted.')
  }
}
