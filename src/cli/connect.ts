// Connects a command to its coordinator with the account of the settings folder, and remembers the network that answered: another one
// at the same address later is refused, as a changed host key is.
import { AppError } from '#core/errors.ts'
import { type Client, LogForkedError, connect } from '#sdk/index.ts'
import type { CommandContext } from './command.ts'
import {
  keepProof,
  knownCheckpoint,
  knownNetwork,
  networksPath,
  openAccountKey,
  rememberCheckpoint,
  rememberNetwork,
} from './settings-folder.ts'

/** A client that pays from this user's account. Throws {@link OtherNetworkError} when another network answers than before. */
export async function connectAccount({ output, signal }: CommandContext, url: string): Promise<Client> {
  const { signer, path, isNew } = await openAccountKey()
  if (isNew) output.note(`Created your account's key in ${path}.`)
  const expected = URL.canParse(url) ? await knownNetwork(url) : undefined
  const checkpoint = expected === undefined ? undefined : await knownCheckpoint(expected)
  const settings = { account: signer, network: expected, checkpoint, signal }
  const client = await connect(url, settings).catch(async (error: unknown) => {
    if (error instanceof LogForkedError) throw new ForkedLogError(error.message, await keepProof(error.proof))
    if (error instanceof AppError && error.name === 'sdk.NetworkChanged')
      throw new OtherNetworkError(error.message, await networksPath())
    throw error
  })
  await rememberNetwork(url, client.network.network)
  await rememberCheckpoint(client.network.network, client.network.note)
  return client
}

/** The coordinator shows another log than before, and where the proof is. */
export class ForkedLogError extends AppError {
  override readonly name = 'cli.ForkedLog'
  constructor(message: string, path: string) {
    super('hostile', `${message} The proof is kept in ${path}; anyone can check it with "commonwatt verify".`)
  }
}

/** Another network answers than before, and how to accept it. */
export class OtherNetworkError extends AppError {
  override readonly name = 'cli.OtherNetwork'
  constructor(message: string, path: string) {
    super('input', `${message} If its operator started anew, remove its line from ${path} and try again.`)
  }
}
