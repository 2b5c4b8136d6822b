// After the close each replica opens its commitment to the others and signs what it saw of theirs.
import * as v from 'valibot'
import type { Digest } from '#core/digest.ts'
import type { PublicKey } from '#core/ed25519.ts'
import { digestSchema, publicKeySchema, signedSchema } from '#core/schema.ts'
import type { Signed } from '#core/signed.ts'
import { MAX_REPLICATION } from '#work/job.ts'

/** What a node signs when it opens its commitment. */
export type RevealBody = {
  readonly lease: Digest
  readonly close: Digest
  readonly root: Digest
  readonly tag: Digest
  readonly nonce: Digest
}

/** A reveal signed by the node's session key, as type `reveal`. */
export type Reveal = Signed<RevealBody>

/** How a peer's bytes came: directly between the two, or carried by the relay. */
export type Transport = 'webrtc' | 'websocket' | 'relay'

/** One peer as a replica saw it. `root` is null when nothing valid came. */
export type Seen = {
  readonly node: PublicKey
  readonly root: Digest | null
  readonly verdict: 'agrees' | 'differs' | 'invalid' | 'missing'
  readonly transport: Transport | null
}

/** What a replica signs about the others. */
export type SightingBody = { readonly lease: Digest; readonly close: Digest; readonly seen: readonly Seen[] }

/** A sighting signed by the node's session key, as type `sighting`. */
export type Sighting = Signed<SightingBody>

/** Message types. */
export const REVEAL_TYPE = 'reveal'
export const SIGHTING_TYPE = 'sighting'

/** Ways a peer's bytes can come. */
export const transportSchema = v.picklist(['webrtc', 'websocket', 'relay'])

/** A signed reveal. */
export const revealSchema: v.GenericSchema<unknown, Reveal> = signedSchema(
  v.strictObject({
    lease: digestSchema,
    close: digestSchema,
    root: digestSchema,
    tag: digestSchema,
    nonce: digestSchema,
  }),
)

/** A signed sighting. */
export const sightingSchema: v.GenericSchema<unknown, Sighting> = signedSchema(
  v.strictObject({
    lease: digestSchema,
    close: digestSchema,
    seen: v.pipe(
      v.array(
        v.strictObject({
          node: publicKeySchema,
          root: v.nullable(digestSchema),
          verdict: v.picklist(['agrees', 'differs', 'invalid', 'missing']),
          transport: v.nullable(transportSchema),
        }),
      ),
      v.maxLength(MAX_REPLICATION + 2),
    ),
  }),
)
