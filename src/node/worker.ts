// The worker's entry in a page: a dedicated module worker.
import { systemClock } from '#core/clock.ts'
import { kindOf } from '#work/kinds.ts'
import { memoryFolder } from './file-folder.ts'
import { ASSUMED_MEMORY_BYTES } from './model-limit.ts'
import { opfsFolder } from './opfs-folder.ts'
import { openBackend, openLanguage } from './page-devices.ts'
import { UnitWorker } from './unit-worker.ts'
import { serveWorker } from './worker-link.ts'

/** Browsers tell memory in GiB, 8 at most, or not at all. */
function memoryBytes(): number {
  const { deviceMemory } = navigator as { deviceMemory?: number }
  return deviceMemory === undefined ? ASSUMED_MEMORY_BYTES : deviceMemory * 2 ** 30
}

serveWorker(
  new UnitWorker({
    openBackend,
    openLanguage,
    openFolder: async () => (await opfsFolder()) ?? memoryFolder(),
    findKind: ({ kind, version }) => kindOf(kind, version),
    clock: systemClock,
    memoryBytes: memoryBytes(),
  }),
)
