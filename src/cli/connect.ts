// Connects a command to its coordinator with the account of the settings folder, and remembers the network that answered: another one
// at the same address later is refused, as a changed host key is.
import { AppError } from '#core/errors.ts'
import { type Client, connect } from '#sdk/index.ts'
import type { CommandContext } from './command.ts'
import { knownNetwork, networksPath, openAccountKey, rememberNetwork } from './settings-folder.ts'

/** A client that pays from this user's account. Throws {@link OtherNetworkError} when another network answers than before. */
export async function connectAccount({ output, signal }: CommandContext, url: string): Promise<Client> {
  const { signer, path, isNew } = await openAccountKey()
  if (isNew) output.note(`Created your account's key in ${path}.`)
  const expected = URL.canParse(url) ? await knownNetwork(url) : undefined
  const client = await connect(url, { account: signer, network: expected, signal }).catch(async (error: unknown) => {
    if (error instanceof AppError && error.name === 'sdk.NetworkChanged')
      throw new OtherNetworkError(error.message, await networksPath())
    throw error
  })
  await rememberNetwork(url, client.network.network)
  return client
}

/** Another network answers than before, and how to accept it. */
export class OtherNetworkError extends AppError {
  override readonly name = 'cli.OtherNetwork'
  constructor(message: string, path: string) {
    super('input', `${message} If its operator started anew, remove its line from ${path} and try again.`)
  }
}
