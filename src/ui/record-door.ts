// The one door from the page to the record of this device: its code is fetched when there is something to record or to show, not before.
import type { Clock } from '#core/clock.ts'
import type { ContributionSession } from './session.ts'
import type { SettingsStore } from './settings.ts'
import type { DeviceRecord } from './record/open-record.ts'

const KEY = 'commonwatt/has-history'

/** Whether this browser has recorded before: a first visit fetches nothing of it. */
export function hasHistory(store: SettingsStore | null): boolean {
  try {
    return store?.getItem(KEY) === 'yes'
  } catch {
    return false
  }
}

/** Calls `show` with the record: soon if there was one, otherwise after the first start, with its place at once; with null where it cannot be had. */
export function openRecordWhenNeeded(
  session: ContributionSession,
  store: SettingsStore | null,
  clock: Clock,
  show: (record: DeviceRecord | 'coming' | null) => void,
): void {
  const open = async () => {
    const { openRecord } = await import('./record/open-record.ts')
    const record = await openRecord(session, store, clock)
    if (record !== null) remember(store)
    show(record)
  }
  // A page that cannot load it works, and shows its session.
  const attempt = () => void open().catch(() => show(null))
  if (hasHistory(store)) {
    attempt()
    return
  }
  const unsubscribe = session.onChange(({ phase }) => {
    if (phase !== 'starting') return
    unsubscribe()
    // Nothing moves when it is there.
    show('coming')
    attempt()
  })
}

function remember(store: SettingsStore | null): void {
  try {
    store?.setItem(KEY, 'yes')
  } catch {
    // Denied: the next visit is like a first one.
  }
}
