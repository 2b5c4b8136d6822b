// The record of this device, put together: the history, who writes it, and the goal. The page loads this once there is something to record.
import type { Clock } from '#core/clock.ts'
import type { ContributionSession } from '#ui/session.ts'
import type { SettingsStore } from '#ui/settings.ts'
import { type HistoryStore, openHistoryStore } from './history-store.ts'
import { Recorder } from './recorder.ts'
import './record-view.ts'

/** What `<cw-record>` shows. */
export type DeviceRecord = {
  readonly history: HistoryStore
  /** Where the goal is kept. */
  readonly settings: SettingsStore | null
}

/** Opens the history and records `session` in it until the page goes; null where the browser keeps nothing for us. */
export async function openRecord(
  session: ContributionSession,
  settings: SettingsStore | null,
  clock: Clock,
): Promise<DeviceRecord | null> {
  const history = await openHistoryStore().catch(() => null)
  if (history === null) return null
  const recorder = new Recorder({ clock, add: (addition) => history.add(addition) }, session.state)
  session.onChange((state) => recorder.follow(state))
  // The last moment at which a browser promises time for a writing.
  document.addEventListener('visibilitychange', () => {
    if (document.visibilityState === 'hidden') void recorder.write()
  })
  return { history, settings }
}
