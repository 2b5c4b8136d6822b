// What the explorer's addresses name: the log, a unit, or the unit of a certificate.
import { isHex } from '#core/bytes.ts'
import type { Digest } from '#core/digest.ts'
import type { UnitName } from '#sdk/explore/unit-lookup.ts'

const DIGEST_BYTES = 32

/** The unit that a path names, or null for the log. An id that is none is passed on as it is: the page says that there is no such unit. */
export function parseRoute(path: string): UnitName | null {
  const match = /^\/explorer\/(unit|certificate)\/([^/]+)\/?$/.exec(path)
  if (match === null) return null
  const [, by, id = ''] = match
  return { by: by === 'certificate' ? 'certificate' : 'unit', id: id.toLowerCase() as Digest }
}

/** Whether an id can be one at all. */
export function isId(id: string): boolean {
  return isHex(id, DIGEST_BYTES)
}

/** Address of a unit's page. */
export function unitPath({ by, id }: UnitName): string {
  return `/explorer/${by}/${id}`
}
