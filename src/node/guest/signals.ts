// What a page tells its worker of the device and the person, as far as the browser says it. Plain data, structured-cloneable.

/** How hard the processor already works, in the words of Compute Pressure. */
export type Pressure = 'nominal' | 'fair' | 'serious' | 'critical'

/** Frames of about the last second, and those that came late. */
export type FrameCount = { readonly shown: number; readonly late: number }

/** Everything the rules look at. What a browser does not tell is null, and holds nobody back. */
export type GuestSignals = {
  readonly isVisible: boolean
  readonly battery: { readonly isCharging: boolean; readonly percent: number } | null
  /** Whether the browser is told to save data. */
  readonly isDataSaved: boolean
  /** Whether the link is known to be a mobile one. */
  readonly isCellular: boolean
  /** Unix time of the last input on the page, 0 before the first. */
  readonly lastInputMs: number
  readonly pressure: Pressure | null
  /** Null while no frames are drawn or counted. */
  readonly frames: FrameCount | null
}
