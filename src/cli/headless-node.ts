// The port of one headless contributor, whatever it runs in.

/** One running contributor. */
export interface HeadlessNode {
  /** Resolves with the reason when it ended without having been asked to. */
  readonly ended: Promise<string>
  /** Stops contributing, says so to the network, and closes what it runs in. */
  stop(): Promise<void>
}
