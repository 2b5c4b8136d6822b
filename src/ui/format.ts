// Numbers as people read them here: credits, rates, durations, digests. Pure text, the same in every locale.

const ATTO_DIGITS = 18

/** Atto-credit (decimal text) in credits, cut to `digits` decimals; an amount too small to show is written "<0.000001". */
export function formatCredits(amountAtto: string, digits = 6): string {
  const isNegative = amountAtto.startsWith('-')
  const padded = amountAtto.replace('-', '').padStart(ATTO_DIGITS + 1, '0')
  const whole = padded.slice(0, -ATTO_DIGITS)
  const shown = padded.slice(-ATTO_DIGITS).slice(0, digits).replace(/0+$/, '')
  const isTiny = shown === '' && /^0+$/.test(whole) && /[1-9]/.test(padded)
  if (isTiny) return `${isNegative ? '>-' : '<'}0.${'1'.padStart(digits, '0')}`
  return `${isNegative ? '-' : ''}${group(whole)}${shown === '' ? '' : `.${shown}`}`
}

/** Million operations a second with the unit that fits: "412 Mop/s", "3.9 Gop/s", "1.2 Top/s". */
export function formatRate(rateMops: number): { value: string; unit: string } {
  if (!Number.isFinite(rateMops) || rateMops <= 0) return { value: '–', unit: 'Gop/s' }
  if (rateMops < 1000) return { value: significant(rateMops), unit: 'Mop/s' }
  if (rateMops < 1_000_000) return { value: significant(rateMops / 1000), unit: 'Gop/s' }
  return { value: significant(rateMops / 1_000_000), unit: 'Top/s' }
}

/** A duration in the two units that matter: "0.4 s", "12 s", "3 min", "1 h 20 min". */
export function formatDuration(durationMs: number): string {
  const seconds = Math.max(0, durationMs) / 1000
  if (seconds < 10) return `${seconds.toFixed(1)} s`
  if (seconds < 60) return `${Math.floor(seconds)} s`
  return formatMinutes(Math.floor(seconds / 60))
}

/** Whole minutes as "48 min" or "3 h 12 min". */
export function formatMinutes(minutes: number): string {
  if (minutes < 60) return `${minutes} min`
  const rest = minutes % 60
  return rest === 0 ? `${minutes / 60} h` : `${Math.floor(minutes / 60)} h ${rest} min`
}

/** How long ago `atMs` was, coarse: "just now", "4 min ago". */
export function formatAgo(atMs: number, nowMs: number): string {
  const seconds = Math.max(0, nowMs - atMs) / 1000
  if (seconds < 10) return 'just now'
  if (seconds < 60) return `${Math.floor(seconds / 10) * 10} s ago`
  return `${formatMinutes(Math.floor(seconds / 60))} ago`
}

/** First six and last four characters of a digest or key. */
export function shortDigest(digest: string): string {
  return digest.length <= 12 ? digest : `${digest.slice(0, 6)}…${digest.slice(-4)}`
}

/** "1 unit", "3 units". */
export function plural(count: number, noun: string): string {
  return `${group(String(count))} ${noun}${count === 1 ? '' : 's'}`
}

/** Digits in groups of three, with a narrow no-break space. */
export function group(digits: string): string {
  const plain = digits.replace(/^0+(?=\d)/, '')
  return plain.replace(/\B(?=(?:\d{3})+$)/g, '\u202f')
}

function significant(value: number): string {
  return value >= 100 ? String(Math.round(value)) : value >= 10 ? value.toFixed(1) : value.toFixed(2)
}
