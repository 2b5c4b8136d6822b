// Shows a newcomer around on a grid that was just started on this machine; on every other page it loads nothing and asks nobody.
import { closeTour, isTourWanted, watchFirstMinute } from '#ui/first-minute.ts'
import type { SettingsStore } from '#ui/settings.ts'

/** The tour's element, or null where there is none to show. `onClosed` is told when it is gone, for the focus to go on. */
export async function openTour(store: SettingsStore | null, onClosed: () => void): Promise<HTMLElement | null> {
  if (!isTourWanted(document, store)) return null
  await import('#ui/panels/first-tour.ts')
  const tour = document.createElement('cw-tour')
  const end = watchFirstMinute((state) => {
    tour.state = state
  })
  tour.addEventListener('cw-tour-closed', () => {
    closeTour(store)
    end()
    tour.remove()
    onClosed()
  })
  return tour
}
