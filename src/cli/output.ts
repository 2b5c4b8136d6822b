// Where a command's words go: results to stdout, everything said on the way to stderr. With --json stdout gets exactly one JSON value, or
// one a line from commands that stream.
import { SingleBar } from 'cli-progress'
import { describeFailure, failureOf } from './failure.ts'

/** A command's voice. */
export type Output = {
  readonly isJson: boolean
  /** A piece of a result that is still coming: its text for people as it is, `value` for programs that read line by line. */
  piece(text: string, value: object): void
  /** A line of the result, for people; nothing with --json. */
  line(text: string): void
  /** Something said on the way: to stderr, and nothing with --json. */
  note(text: string): void
  /** The whole result, for programs; nothing without --json. */
  json(value: object): void
  fail(error: unknown): void
  /** A progress bar on stderr where a person watches; silent elsewhere. */
  progress(): Progress
}

/** A bar that shows one stage after the other. */
export type Progress = {
  show(stage: string, done: number, total: number): void
  stop(): void
}

/** How a command speaks: in JSON, and then in one value or one a line. */
export type OutputStyle = { readonly isJson: boolean; readonly isStreamed: boolean }

/** The voice of one command. */
export function openOutput({ isJson, isStreamed }: OutputStyle): Output {
  const indent = isStreamed ? 0 : 2
  return {
    isJson,
    piece(text, value) {
      process.stdout.write(isJson ? `${JSON.stringify(value, bigintAsText)}\n` : text)
    },
    line(text) {
      if (!isJson) process.stdout.write(`${text}\n`)
    },
    note(text) {
      if (!isJson) process.stderr.write(`${text}\n`)
    },
    json(value) {
      if (isJson) process.stdout.write(`${JSON.stringify(value, bigintAsText, indent)}\n`)
    },
    fail(error) {
      if (isJson) process.stdout.write(`${JSON.stringify({ error: failureOf(error) }, null, indent)}\n`)
      else process.stderr.write(`${describeFailure(error)}\n`)
    },
    progress: () => (isJson || !process.stderr.isTTY ? SILENT : openBar()),
  }
}

const SILENT: Progress = { show: () => undefined, stop: () => undefined }

function openBar(): Progress {
  const bar = new SingleBar({
    format: '{stage} {bar} {percentage}% {value}/{total}',
    barCompleteChar: '\u2588',
    barIncompleteChar: '\u2591',
    hideCursor: true,
    clearOnComplete: true,
    stream: process.stderr,
  })
  let stage = ''
  return {
    show(next, done, total) {
      const payload = { stage: next.padEnd(10) }
      if (next !== stage) {
        if (stage !== '') bar.stop()
        bar.start(total, done, payload)
        stage = next
      } else bar.update(done, payload)
    },
    stop() {
      if (stage !== '') bar.stop()
      stage = ''
    },
  }
}

function bigintAsText(_key: string, value: unknown): unknown {
  return typeof value === 'bigint' ? value.toString() : value
}
