// node -> Hello, coordinator -> Challenge, node -> SelfTest, coordinator -> Admitted | Refused. A node says hello again after every
// change of its delegation or backend. The node's key is the connection's, so none of these is signed on its own.
import * as v from 'valibot'
import type { Digest } from '#core/digest.ts'
import type { PublicKey } from '#core/ed25519.ts'
import {
  amountSchema,
  checkpointSchema,
  digestSchema,
  nonceSchema,
  publicKeySchema,
  textSchema,
  uintSchema,
} from '#core/schema.ts'
import type { Checkpoint } from '#core/signed.ts'
import { rosterKindsSchema } from '#verify/roster.ts'
import { type Delegation, delegationSchema } from '#identity/delegation.ts'
import { type Split, splitSchema } from '#identity/split.ts'
import { type SelfTestAnswer, selfTestAnswerSchema } from '#work/self-test.ts'

/**
 * What a node can do and who is paid for it. `site` is the host page's origin when it contributes through the widget, `split` what of its pay that
 * page's account gets: the node's signed word, and the salt that opens the site in it.
 */
export type Hello = {
  readonly delegation: Delegation | null
  readonly payee: PublicKey
  readonly capabilities: {
    readonly backend: 'cpu' | 'wasm' | 'webgpu'
    readonly adapter: string
    readonly isSoftware: boolean
    readonly maxMemoryBytes: number
    readonly kinds: readonly { readonly name: string; readonly version: number }[]
  }
  readonly site: string | null
  readonly split: { readonly split: Split; readonly salt: Digest } | null
}

/** The coordinator's challenge: run the self-test of all kernels that the kinds offered compute with on `seed`. */
export type Challenge = { readonly network: Digest; readonly checkpoint: Checkpoint; readonly seed: Digest }

/** What the kernels gave and how fast the device was, in 10^6 operations a second. */
export type SelfTest = { readonly answer: SelfTestAnswer; readonly ratedMops: number }

/**
 * The verdict. `tier` is what the delegation proves; the payee's account can spend `balance`, and `pending` is earned and not matured.
 * `withheld` says which kinds the node gets no work of because their kernels failed, where some did.
 */
export type Welcome =
  | {
      readonly outcome: 'admitted'
      readonly tier: number
      readonly balance: string
      readonly pending: string
      readonly withheld?: string
    }
  | { readonly outcome: 'refused'; readonly reason: string }

export const helloSchema: v.GenericSchema<unknown, Hello> = v.strictObject({
  delegation: v.nullable(delegationSchema),
  payee: publicKeySchema,
  capabilities: v.strictObject({
    backend: v.picklist(['cpu', 'wasm', 'webgpu']),
    adapter: textSchema(200),
    isSoftware: v.boolean(),
    maxMemoryBytes: uintSchema(),
    // They go onto the roster, and so into the certificates of others.
    kinds: rosterKindsSchema,
  }),
  site: v.nullable(textSchema(256)),
  split: v.nullable(v.strictObject({ split: splitSchema, salt: nonceSchema })),
})

export const challengeSchema: v.GenericSchema<unknown, Challenge> = v.strictObject({
  network: digestSchema,
  checkpoint: checkpointSchema,
  seed: nonceSchema,
})

export const selfTestSchema: v.GenericSchema<unknown, SelfTest> = v.strictObject({
  answer: selfTestAnswerSchema,
  ratedMops: uintSchema(1e12),
})

export const welcomeSchema: v.GenericSchema<unknown, Welcome> = v.variant('outcome', [
  v.strictObject({
    outcome: v.literal('admitted'),
    tier: uintSchema(3),
    balance: amountSchema,
    pending: amountSchema,
    withheld: v.exactOptional(textSchema(300)),
  }),
  v.strictObject({ outcome: v.literal('refused'), reason: textSchema(300) }),
])
