// What the browser keeps of a contribution: finished units, and how time and credit went by the minute and the quarter of an hour.
// Another version of the page may have written it, so it is checked when it is read.
import * as v from 'valibot'
import { amountSchema, textSchema, uintSchema } from '#core/schema.ts'
import type { UnitRecord } from '#node/state.ts'

/** A finished unit. */
export type KeptUnit = UnitRecord & {
  /** The unit and when it began: one unit may come twice. */
  readonly id: string
  readonly finishedMs: number
}

/** What happened in a minute or a quarter of an hour. */
export type Bucket = {
  readonly startMs: number
  /** Time that the node was on. */
  readonly onMs: number
  /** Time in which it computed at least one unit. */
  readonly busyMs: number
  /** Time of it in which the rate was known, and the rate in Mop/s summed over these milliseconds. */
  readonly ratedMs: number
  readonly rateMopsMs: number
  /** Units whose result others reached too, and units that ended otherwise. */
  readonly agreed: number
  readonly others: number
  /** Atto-credit as decimal text. */
  readonly credited: string
}

/** Everything since the history began, also what is no longer kept one by one. */
export type Totals = Omit<Bucket, 'startMs'> & { readonly sinceMs: number }

/** Units kept: about 6 MB, weeks of an ordinary device. */
export const MAX_UNITS = 10_000

/** How long minutes are kept: the chart of the last hour needs one. */
export const MINUTES_KEPT_MS = 24 * 3_600_000

/** How long quarters are kept: three months, at most 8,928 of them. */
export const QUARTERS_KEPT_MS = 93 * 24 * 3_600_000

/** A minute and a quarter of an hour. The quarter, since every time zone's day begins with one. */
export const MINUTE_MS = 60_000
export const QUARTER_MS = 15 * MINUTE_MS

const MAX_TEXT = 1000
const MAX_PEERS = 64

const counts = {
  onMs: uintSchema(),
  busyMs: uintSchema(),
  ratedMs: uintSchema(),
  rateMopsMs: uintSchema(),
  agreed: uintSchema(),
  others: uintSchema(),
  credited: amountSchema,
}

const unitSchema: v.GenericSchema<unknown, KeptUnit> = v.strictObject({
  id: textSchema(200),
  unit: textSchema(128),
  what: textSchema(MAX_TEXT),
  startedMs: uintSchema(),
  finishedMs: uintSchema(),
  outcome: v.picklist(['agreed', 'rejected', 'lost']),
  credited: v.nullable(amountSchema),
  reason: textSchema(MAX_TEXT),
  certificate: v.nullable(textSchema(128)),
  peers: v.pipe(
    v.array(
      v.strictObject({
        node: textSchema(128),
        transport: v.nullable(v.picklist(['webrtc', 'websocket', 'relay'])),
      }),
    ),
    v.maxLength(MAX_PEERS),
  ),
})

const bucketSchema: v.GenericSchema<unknown, Bucket> = v.strictObject({ startMs: uintSchema(), ...counts })
const totalsSchema: v.GenericSchema<unknown, Totals> = v.strictObject({ sinceMs: uintSchema(), ...counts })

/** A bucket in which nothing happened yet. */
export function emptyBucket(startMs: number): Bucket {
  return { startMs, onMs: 0, busyMs: 0, ratedMs: 0, rateMopsMs: 0, agreed: 0, others: 0, credited: '0' }
}

/** `a` and `b` together; it begins where `a` does. */
export function joined<Counts extends Omit<Bucket, 'startMs'>>(a: Counts, b: Omit<Bucket, 'startMs'>): Counts {
  return {
    ...a,
    onMs: a.onMs + b.onMs,
    busyMs: a.busyMs + b.busyMs,
    ratedMs: a.ratedMs + b.ratedMs,
    rateMopsMs: a.rateMopsMs + b.rateMopsMs,
    agreed: a.agreed + b.agreed,
    others: a.others + b.others,
    credited: String(BigInt(a.credited) + BigInt(b.credited)),
  }
}

/** `unit` as it is kept, or undefined while it is not finished. */
export function keptOf(unit: UnitRecord): KeptUnit | undefined {
  const { finishedMs, outcome } = unit
  if (finishedMs === null || outcome === 'computing' || outcome === 'committed' || outcome === 'checking')
    return undefined
  return {
    ...unit,
    finishedMs,
    id: unitKey(unit),
    what: unit.what.slice(0, MAX_TEXT),
    reason: unit.reason.slice(0, MAX_TEXT),
    peers: unit.peers.slice(0, MAX_PEERS),
  }
}

/** What tells a unit of the list from all others. */
export function unitKey({ unit, startedMs }: Pick<UnitRecord, 'unit' | 'startedMs'>): string {
  return `${unit}/${startedMs}`
}

/** Those of `values` that are units. */
export function unitsOf(values: readonly unknown[]): KeptUnit[] {
  return valid(unitSchema, values)
}

/** Those of `values` that are buckets. */
export function bucketsOf(values: readonly unknown[]): Bucket[] {
  return valid(bucketSchema, values)
}

/** `value` if it is totals. */
export function totalsOf(value: unknown): Totals | undefined {
  return valid(totalsSchema, [value])[0]
}

function valid<T>(schema: v.GenericSchema<unknown, T>, values: readonly unknown[]): T[] {
  return values.flatMap((value) => {
    const found = v.safeParse(schema, value)
    return found.success ? [found.output] : []
  })
}
