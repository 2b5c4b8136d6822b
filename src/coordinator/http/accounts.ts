// Accounts: opening one, its balance, its receipts.
import { Hono } from 'hono'
import { accountRequestSchema, openAccount } from '#coordinator/accounts.ts'
import { type Account, readAccount } from '#coordinator/store/accounts.ts'
import { receiptsOf } from '#coordinator/store/certificates.ts'
import { publicKeyParam, readJson, uintText } from './body.ts'
import type { HttpParts } from './context.ts'
import { remoteAddress } from './remote-address.ts'

/** `/api/v1/accounts`. */
export function accountRoutes({ grid, newAccounts }: HttpParts): Hono {
  const app = new Hono()
  const { db } = grid.store
  app.post('/', async (c) => {
    const request = await readJson(c, accountRequestSchema, 'account request')
    const known = await readAccount(db, request.signer)
    if (known.granted === 0n) newAccounts.take(remoteAddress(c))
    return c.json(accountJson(await openAccount(grid, request)))
  })
  app.get('/:key', async (c) => c.json(accountJson(await readAccount(db, publicKeyParam(c, 'key')))))
  app.get('/:key/receipts', async (c) => {
    const after = uintText(c.req.query('after'), 'after', Number.MAX_SAFE_INTEGER, -1)
    const receipts = await receiptsOf(db, publicKeyParam(c, 'key'), after)
    return c.json({
      receipts: receipts.map(({ logIndex, unit, certificate, amount, reason, atMs }) => ({
        logIndex,
        unit,
        certificate,
        amount: amount.toString(),
        reason,
        atMs,
      })),
    })
  })
  return app
}

/** An account as it is told. */
export function accountJson({ account, balance, escrowed, pending, earned, burned, granted }: Account) {
  return {
    account,
    balance: balance.toString(),
    escrowed: escrowed.toString(),
    pending: pending.toString(),
    earned: earned.toString(),
    burned: burned.toString(),
    grant: granted.toString(),
  }
}
