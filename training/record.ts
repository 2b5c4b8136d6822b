// Where the model and its record lie, and how the record is written.
import { readFile, writeFile } from 'node:fs/promises'

/** Name of the model. */
export const MODEL_NAME = 'commonwatt-tiny'

/** The exact model file. */
export const MODEL_FILE = new URL(`../models/${MODEL_NAME}.safetensors`, import.meta.url)

const RECORD = new URL(`../models/${MODEL_NAME}.json`, import.meta.url)

/** Replaces the record: sections of it are added by those who measure. */
export async function writeRecord(record: Readonly<Record<string, unknown>>): Promise<void> {
  await writeFile(RECORD, `${JSON.stringify(record, null, 2)}\n`)
}

/** Adds or replaces one section. */
export async function writeSection(name: string, section: unknown): Promise<void> {
  await writeRecord({ ...(await readRecord()), [name]: section })
}

/** Adds or replaces parts of a section. */
export async function mergeSection(name: string, parts: Readonly<Record<string, unknown>>): Promise<void> {
  const record = await readRecord()
  await writeRecord({ ...record, [name]: { ...(record[name] as object | undefined), ...parts } })
}

async function readRecord(): Promise<Record<string, unknown>> {
  return JSON.parse(await readFile(RECORD, 'utf8')) as Record<string, unknown>
}
