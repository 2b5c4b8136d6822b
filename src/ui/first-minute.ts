// What the coordinator tells of the first minute of a grid on this machine. Only a page whose document says that there is such a grid asks.
import * as v from 'valibot'
import type { SettingsStore } from './settings.ts'

/** How far it is; a step that has not happened is null. */
export type FirstMinute = {
  readonly nodes: number
  readonly job: { readonly kind: string; readonly replication: number } | null
  readonly certified: { readonly unit: string; readonly nodes: number } | null
}

/** Before anything was heard. */
export const NOTHING_YET: FirstMinute = { nodes: 0, job: null, certified: null }

const ADDRESS = '/api/v1/first-minute'
const KEY = 'commonwatt/tour/v1'
const CLOSED = 'closed'

/** Longest event that is read. */
const MAX_CHARS = 4096

const count = v.pipe(v.number(), v.safeInteger(), v.minValue(0))
const schema: v.GenericSchema<unknown, FirstMinute> = v.object({
  nodes: count,
  job: v.nullable(v.object({ kind: v.pipe(v.string(), v.maxLength(32)), replication: count })),
  certified: v.nullable(v.object({ unit: v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/)), nodes: count })),
})

/** Whether this document is to show a newcomer around: the grid is here, and nobody closed the tour. */
export function isTourWanted(document: Document, store: SettingsStore | null): boolean {
  if (document.querySelector('meta[name="commonwatt-tour"]') === null) return false
  try {
    return store?.getItem(KEY) !== CLOSED
  } catch {
    return true
  }
}

/** Closes the tour for good; in a browser that keeps nothing, for this visit. */
export function closeTour(store: SettingsStore | null): void {
  try {
    store?.setItem(KEY, CLOSED)
  } catch {
    // Denied or full.
  }
}

/** One event's state, or null where it is none. */
export function parseFirstMinute(text: string): FirstMinute | null {
  if (text.length > MAX_CHARS) return null
  try {
    const parsed = v.safeParse(schema, JSON.parse(text))
    return parsed.success ? parsed.output : null
  } catch {
    return null
  }
}

/** Tells `onState` each state until all of it has happened; returns what ends it. The platform connects again by itself. */
export function watchFirstMinute(onState: (state: FirstMinute) => void): () => void {
  const source = new EventSource(ADDRESS)
  source.addEventListener('message', ({ data }: MessageEvent<string>) => {
    const state = parseFirstMinute(data)
    if (state === null) return
    if (state.certified !== null && state.job !== null) source.close()
    onState(state)
  })
  return () => source.close()
}
