// A requester's account: its key signs for it, the starter grant funds it.
import * as v from 'valibot'
import { toHex } from '#core/bytes.ts'
import { DIGEST_BYTES } from '#core/digest.ts'
import type { PublicKey, Signer } from '#core/ed25519.ts'
import { amountSchema, publicKeySchema } from '#core/schema.ts'
import { type SigningContext, signMessage } from '#core/signed.ts'
import { AnswerError, type Http } from './http.ts'

/**
 * An account's state in atto-credit, as decimal text. `balance` can be spent; `pending` is earned and becomes balance when it matures; `burned` was
 * earned by nodes that were proven to cheat, and lost.
 */
export type Account = {
  readonly account: PublicKey
  readonly balance: string
  readonly escrowed: string
  readonly pending: string
  readonly earned: string
  readonly burned: string
  readonly grant: string
}

const accountSchema: v.GenericSchema<unknown, Account> = v.object({
  account: publicKeySchema,
  balance: amountSchema,
  escrowed: amountSchema,
  pending: amountSchema,
  earned: amountSchema,
  burned: amountSchema,
  grant: amountSchema,
})

/** Opens the signer's account with the starter grant; one that is open already stays as it is. */
export async function openAccount(
  http: Http,
  signer: Signer,
  context: SigningContext,
  signal?: AbortSignal,
): Promise<Account> {
  const nonce = toHex(http.random.bytes(DIGEST_BYTES))
  const body = await signMessage(signer, 'account', context, { nonce })
  const path = '/api/v1/accounts'
  const account = await http.json(path, accountSchema, { method: 'POST', body, signal })
  if (account.account !== signer.publicKey) throw new AnswerError(path, 'is about another account')
  return account
}

/** The account of `key`; one that was never seen has zeros. */
export async function fetchAccount(http: Http, key: PublicKey, signal?: AbortSignal): Promise<Account> {
  return http.json(`/api/v1/accounts/${key}`, accountSchema, { signal })
}
