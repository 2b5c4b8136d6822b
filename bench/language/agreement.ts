// How far two sides agree on the next token, position by position, and what separates the candidates where they do not.

/** A candidate for the next token. */
export type Candidate = { readonly token: number; readonly logProbability: number }

/** Positions compared. */
export type Agreement = {
  readonly positions: number
  readonly agreeing: number
  /** Where both choose the same: how much the distance between the peer's two best differs, root mean square and at most. */
  readonly error: number
  readonly widestError: number
  /** Where they differ: how far the peer's choice is ahead of ours in the peer's own log-probabilities. */
  readonly gaps: readonly number[]
}

/** Distances beyond this many nats are not measured: a choice that clear does not change. */
const CLEAR_GAP = 3

/** Compares our logits (Q16, by position) with the peer's best candidates at the same positions. */
export function compareChoices(ours: readonly Int32Array[], peers: readonly (readonly Candidate[])[]): Agreement {
  const gaps: number[] = []
  const errors: number[] = []
  for (const [position, logits] of ours.entries()) {
    const [best, second] = peers[position] ?? []
    if (best === undefined || second === undefined)
      throw new RangeError(`The peer has no candidates at position ${position}.`)
    const chosen = logits.indexOf(logits.reduce((a, b) => Math.max(a, b)))
    if (chosen !== best.token) {
      const same = peers[position]?.find(({ token }) => token === chosen)
      gaps.push(best.logProbability - (same?.logProbability ?? Number.NEGATIVE_INFINITY))
      continue
    }
    const gap = best.logProbability - second.logProbability
    const own = ((logits[best.token] ?? 0) - (logits[second.token] ?? 0)) / 65_536
    if (gap < CLEAR_GAP) errors.push(Math.abs(own - gap))
  }
  return {
    positions: ours.length,
    agreeing: ours.length - gaps.length,
    error: Math.sqrt(errors.reduce((sum, error) => sum + error * error, 0) / Math.max(1, errors.length)),
    widestError: Math.max(0, ...errors),
    gaps,
  }
}

/** Logarithm of the probability of `token` by logits in Q16. */
export function logProbabilityOf(logits: Int32Array, token: number): number {
  const top = logits.reduce((a, b) => Math.max(a, b))
  const sum = logits.reduce((total, logit) => total + Math.exp((logit - top) / 65_536), 0)
  return ((logits[token] ?? 0) - top) / 65_536 - Math.log(sum)
}
