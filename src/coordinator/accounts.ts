// Opening accounts: one starter grant a key, logged as every mint is, under the cap.
import * as v from 'valibot'
import type { Digest } from '#core/digest.ts'
import { AppError } from '#core/errors.ts'
import { nonceSchema, signedSchema } from '#core/schema.ts'
import { type Signed, verifyMessage } from '#core/signed.ts'
import { formatCredits } from '#ledger/price.ts'
import type { Grid } from './grid.ts'
import { type Account, grantOnce, readAccount, totalGranted } from './store/accounts.ts'

/** What a key signs to open its account. */
export type AccountRequest = Signed<{ readonly nonce: Digest }>

/** Message type of {@link AccountRequest}. */
export const ACCOUNT_TYPE = 'account'

/** A request to open an account. */
export const accountRequestSchema: v.GenericSchema<unknown, AccountRequest> = signedSchema(
  v.strictObject({ nonce: nonceSchema }),
)

/** Opens the signer's account with the starter grant; the second time nothing changes. Throws {@link BadSignatureError}, {@link GrantsExhaustedError}. */
export async function openAccount(grid: Grid, request: AccountRequest): Promise<Account> {
  if (!verifyMessage(request, ACCOUNT_TYPE, grid.network)) throw new BadSignatureError(ACCOUNT_TYPE)
  const { starterGrant, grantCap } = grid.config
  const key = request.signer
  return grid.log.transaction(async (tx, append) => {
    const known = await readAccount(tx, key)
    if (known.granted > 0n || starterGrant === 0n) return known
    if ((await totalGranted(tx)) + starterGrant > grantCap) throw new GrantsExhaustedError(grantCap)
    await grantOnce(tx, key, starterGrant, grid.clock.nowMs())
    await append({ type: 'grant', account: key, amount: starterGrant.toString() })
    return readAccount(tx, key)
  })
}

/** A message is not signed by whom it says, for another network, or of another type. */
export class BadSignatureError extends AppError {
  override readonly name = 'coordinator.BadSignature'
  constructor(type: string) {
    super('hostile', `The message is not a signed "${type}" message of this network: its signature does not hold.`)
  }
}

/** Everything that may be granted has been. */
export class GrantsExhaustedError extends AppError {
  override readonly name = 'coordinator.GrantsExhausted'
  constructor(cap: bigint) {
    super('unavailable', `All ${formatCredits(cap)} credits that may be granted have been.`)
  }
}
