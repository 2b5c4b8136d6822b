// Every way of changing one field of a plain document: each must be refused by whoever verifies the document.
import type { PlainValue } from '#core/signed.ts'

type PlainMap = { readonly [key: string]: PlainValue }

/** Every way of changing one field of a value, with its path. */
export function* changesOf(value: PlainValue, path = ''): Generator<[string, PlainValue]> {
  for (const changed of scalarChanges(value)) yield [path, changed]
  if (Array.isArray(value)) yield* listChanges(value, path)
  else if (isMap(value)) yield* mapChanges(value, path)
}

function* listChanges(items: readonly PlainValue[], path: string): Generator<[string, PlainValue]> {
  for (const [at, item] of items.entries()) {
    for (const [inner, changed] of changesOf(item, `${path}[${at}]`)) yield [inner, items.with(at, changed)]
    yield [`${path}[${at}] removed`, items.toSpliced(at, 1)]
    yield [`${path}[${at}] doubled`, items.toSpliced(at, 0, item)]
  }
}

function* mapChanges(map: PlainMap, path: string): Generator<[string, PlainValue]> {
  const entries = Object.entries(map)
  for (const [key, item] of entries) {
    for (const [inner, changed] of changesOf(item, `${path}.${key}`)) yield [inner, { ...map, [key]: changed }]
    yield [`${path}.${key} removed`, Object.fromEntries(entries.filter(([name]) => name !== key))]
  }
  yield [`${path}.added`, { ...map, added: 1 }]
}

function isMap(value: PlainValue): value is PlainMap {
  return value !== null && typeof value === 'object' && !Array.isArray(value)
}

function scalarChanges(value: PlainValue): PlainValue[] {
  if (value === null) return [0, '']
  if (typeof value === 'boolean') return [!value]
  if (typeof value === 'number') return [value + 1, value === 0 ? 2 : 0, null]
  if (typeof value !== 'string') return [null]
  const last = value.at(-1) ?? ''
  return [`${value.slice(0, -1)}${last === '0' ? '1' : '0'}`, value.slice(1), `${value}0`, null]
}
