// The genesis of a network: its first log entry. The network id is its digest, and every signed message carries that id.
import * as v from 'valibot'
import { type Digest, digestOf } from '#core/digest.ts'
import type { PublicKey } from '#core/ed25519.ts'
import { digestSchema, publicKeySchema, textSchema } from '#core/schema.ts'

/** What never changes in a network: its name, its coordinator's key and a nonce that makes it unique. */
export type Genesis = { readonly name: string; readonly coordinator: PublicKey; readonly nonce: Digest }

/** A genesis from elsewhere. */
export const genesisSchema: v.GenericSchema<unknown, Genesis> = v.strictObject({
  name: textSchema(64),
  coordinator: publicKeySchema,
  nonce: digestSchema,
})

/** Network id of a genesis. */
export function networkId(genesis: Genesis): Digest {
  return digestOf('genesis', genesis)
}
