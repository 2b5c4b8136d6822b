// Schemas of the pieces every message is made of. Whatever comes from elsewhere passes one of these before code looks at it.
import * as v from 'valibot'
import { isHex } from './bytes.ts'
import { type CborBounds, decodeCbor } from './cbor.ts'
import { type ContentLayout, type ContentRef, LayoutError, assertLayout } from './content.ts'
import { DIGEST_BYTES, type Digest } from './digest.ts'
import { type PublicKey, SIGNATURE_BYTES, type Signature, isPublicKey } from './ed25519.ts'
import { AppError } from './errors.ts'
import { MAX_PROOF_LENGTH } from './merkle.ts'
import type { PlainValue, Signed } from './signed.ts'

/** A SHA-256 digest. */
export const digestSchema = v.custom<Digest>(
  (value) => typeof value === 'string' && isHex(value, DIGEST_BYTES),
  'a digest',
)

/** An Ed25519 public key of large order. */
export const publicKeySchema = v.custom<PublicKey>(
  (value) => typeof value === 'string' && isPublicKey(value),
  'a public key',
)

/** An Ed25519 signature. */
export const signatureSchema = v.custom<Signature>(
  (value) => typeof value === 'string' && isHex(value, SIGNATURE_BYTES),
  'a signature',
)

/** A 32-byte nonce. */
export const nonceSchema = digestSchema

/** A non-negative safe integer, at most `max`. */
export const uintSchema = (max = Number.MAX_SAFE_INTEGER) =>
  v.pipe(v.number(), v.safeInteger(), v.minValue(0), v.maxValue(max))

/** Text of at most `max` UTF-16 units. */
export const textSchema = (max: number) => v.pipe(v.string(), v.maxLength(max))

/** An amount in atto-credit as decimal text without leading zeros, below 10^30. */
export const amountSchema = v.pipe(v.string(), v.regex(/^(?:0|[1-9][0-9]{0,29})$/))

/** A Merkle path. */
export const proofSchema = v.pipe(v.array(digestSchema), v.maxLength(MAX_PROOF_LENGTH))

/** Size and root of the log. */
export const checkpointSchema = v.strictObject({ size: uintSchema(), root: digestSchema })

/** Layout of a content, within the limits of content.ts. */
export const layoutSchema: v.GenericSchema<unknown, ContentLayout> = v.pipe(
  v.variant('form', [
    v.strictObject({ form: v.literal('blob'), sizeBytes: uintSchema() }),
    v.strictObject({
      form: v.literal('matrix'),
      dtype: v.picklist(['i8', 'i32', 'f32']),
      rows: uintSchema(),
      cols: uintSchema(),
    }),
  ]),
  v.check((layout) => isLayout(layout), 'a layout within the limits'),
)

/** A content's id and layout. */
export const contentRefSchema: v.GenericSchema<unknown, ContentRef> = v.strictObject({
  id: digestSchema,
  layout: layoutSchema,
})

/** A signed message whose body fits `body`. The signature is checked by verifyMessage, not here. */
export function signedSchema<Body extends PlainValue>(
  body: v.GenericSchema<unknown, Body>,
): v.GenericSchema<unknown, Signed<Body>> {
  return v.strictObject({
    type: textSchema(64),
    network: digestSchema,
    checkpoint: checkpointSchema,
    body,
    signer: publicKeySchema,
    signature: signatureSchema,
  })
}

/** `value` as `schema` describes it. Throws {@link SchemaError} naming the first field that does not fit. */
export function parseAs<T>(schema: v.GenericSchema<unknown, T>, value: unknown, what: string): T {
  const result = v.safeParse(schema, value, { abortEarly: true })
  if (result.success) return result.output
  const issue = result.issues[0]
  // A custom schema expects "unknown" and says in its message what it really expects.
  const expected = issue.type === 'custom' ? issue.message : (issue.expected ?? issue.message)
  throw new SchemaError(what, v.getDotPath(issue) ?? '', expected)
}

/** Decodes canonical CBOR within `bounds` and checks it against `schema`. */
export function decodeAs<T>(
  schema: v.GenericSchema<unknown, T>,
  bytes: Uint8Array,
  what: string,
  bounds?: CborBounds,
): T {
  return parseAs(schema, decodeCbor(bytes, bounds), what)
}

function isLayout(layout: ContentLayout): boolean {
  try {
    assertLayout(layout)
    return true
  } catch (error) {
    if (error instanceof LayoutError) return false
    throw error
  }
}

/** A message does not have the form it should have. */
export class SchemaError extends AppError {
  override readonly name = 'core.Schema'
  constructor(what: string, path: string, expected: string) {
    super('hostile', `The ${what} is malformed${path === '' ? '' : ` at ${path}`}: expected ${expected}.`)
  }
}
