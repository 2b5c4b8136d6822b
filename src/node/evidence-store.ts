// What a node keeps when somebody breaks the rules against it: the signed messages that contradict one another, in the text that others
// verify. Above all against the coordinator, whom nobody else would convict. Small: a node that is flooded keeps what it had first.
import * as v from 'valibot'
import { fromUtf8 } from '#core/bytes.ts'
import { encodeCanonicalJson } from '#core/canonical-json.ts'
import { type Digest, digestOf } from '#core/digest.ts'
import type { PublicKey } from '#core/ed25519.ts'
import { digestSchema, publicKeySchema, textSchema, uintSchema } from '#core/schema.ts'
import type { PlainValue } from '#core/signed.ts'

/** Evidence as it is kept. `says` is what happened, in plain words; `body` is a document that `commonwatt verify` takes, as canonical JSON. */
export type KeptEvidence = {
  readonly id: Digest
  readonly against: PublicKey
  readonly says: string
  readonly atMs: number
  readonly body: string
}

/** A case of evidence before it is kept. */
export type NewEvidence = Pick<KeptEvidence, 'against' | 'says' | 'atMs'> & { readonly document: PlainValue }

/** Where evidence is kept between runs: one text, read and written whole. Neither call throws; what cannot be kept is lost with the node. */
export interface EvidencePlace {
  load(): Promise<string | undefined>
  save(text: string): Promise<void>
}

/** Cases that a node keeps: one of each lie that was caught is enough, and a liar shall not fill a disk. */
export const MAX_EVIDENCE = 64

/** Longest document: most have a few kilobytes, one about a draw holds a whole certificate with up to 4,096 leaves. */
export const MAX_EVIDENCE_TEXT = 512 * 1024

/** All documents together: they are written as one text with every case. */
export const MAX_EVIDENCE_TOTAL = 4 * 2 ** 20

const keptSchema: v.GenericSchema<unknown, readonly KeptEvidence[]> = v.pipe(
  v.array(
    v.strictObject({
      id: digestSchema,
      against: publicKeySchema,
      says: textSchema(300),
      atMs: uintSchema(),
      body: textSchema(MAX_EVIDENCE_TEXT),
    }),
  ),
  v.maxLength(MAX_EVIDENCE),
)

/** Keeps evidence in `place`. Load it before it is asked for anything. */
export class EvidenceStore {
  readonly #place: EvidencePlace
  #kept: readonly KeptEvidence[] = []
  #saving: Promise<void> = Promise.resolve()

  constructor(place: EvidencePlace) {
    this.#place = place
  }

  /** What is kept, oldest first. */
  get kept(): readonly KeptEvidence[] {
    return this.#kept
  }

  /** Reads what earlier runs kept. What cannot be read counts as nothing. */
  async load(): Promise<void> {
    const text = await this.#place.load().catch(() => undefined)
    const known = text === undefined ? [] : parsed(text)
    const ids = new Set(known.map(({ id }) => id))
    this.#kept = [...known, ...this.#kept.filter(({ id }) => !ids.has(id))].slice(0, MAX_EVIDENCE)
  }

  /** Keeps a case. False, and nothing changes, when it is known, too long, or the store is full. */
  async add({ against, says, atMs, document }: NewEvidence): Promise<boolean> {
    const id = evidenceId(document)
    const body = fromUtf8(encodeCanonicalJson(document))
    const isKnown = this.#kept.some((each) => each.id === id)
    const total = this.#kept.reduce((sum, each) => sum + each.body.length, body.length)
    const isTooMuch = body.length > MAX_EVIDENCE_TEXT || total > MAX_EVIDENCE_TOTAL
    if (isKnown || isTooMuch || this.#kept.length >= MAX_EVIDENCE) return false
    this.#kept = [...this.#kept, { id, against, says: says.slice(0, 300), atMs, body }]
    const text = JSON.stringify(this.#kept)
    this.#saving = this.#saving.then(() => this.#place.save(text)).catch(() => undefined)
    await this.#saving
    return true
  }
}

/** Identity of a document of evidence. */
export function evidenceId(document: PlainValue): Digest {
  return digestOf('evidence', document)
}

/** A place that ends with the node. */
export function memoryPlace(): EvidencePlace {
  let kept: string | undefined
  return {
    load: async () => kept,
    save: async (text) => {
      kept = text
    },
  }
}

function parsed(text: string): readonly KeptEvidence[] {
  try {
    const result = v.safeParse(keptSchema, JSON.parse(text))
    return result.success ? result.output : []
  } catch {
    return []
  }
}
