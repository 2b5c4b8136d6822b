// What a benchmark is. Each file of bench/ exports one as `bench`; its name is the file's. Results are checked before anything is timed.

/** One measurement, and the peer it is compared with: `ratio` above 1 means better than the peer. */
export type BenchRecord = {
  readonly name: string
  readonly value: number
  readonly unit: string
  /** What the value is compared with, e.g. a library or a limit. */
  readonly peer?: string
  readonly ratio?: number
  /** What it ran on. */
  readonly adapter: string
}

/** Options of a run: words after `--` names, e.g. `full` for `--full`. */
export type BenchOptions = ReadonlySet<string>

/** A benchmark. */
export interface Bench {
  /** One sentence on what is measured. */
  readonly summary: string
  /** Measures. Throws when a result is wrong. */
  run(options: BenchOptions): Promise<readonly BenchRecord[]>
}
