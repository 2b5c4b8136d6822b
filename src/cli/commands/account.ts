// `commonwatt account create|balance`: the account that pays for jobs.
import { Command } from 'commander'
import { type Account, formatCredits } from '#sdk/index.ts'
import { type CommandContext, coordinatorOption, withAction } from '#cli/command.ts'
import { connectAccount } from '#cli/connect.ts'

type AccountOptions = { readonly coordinator: string }

/** The command. */
export function accountCommand(): Command {
  const create = new Command('create')
    .description("create this user's account, funded by the network's starter grant; once created it stays as it is")
    .addOption(coordinatorOption())
  const balance = new Command('balance').description('show what the account holds').addOption(coordinatorOption())
  return new Command('account')
    .description('the account that pays for jobs')
    .addCommand(withAction<AccountOptions, []>(create, createAccount))
    .addCommand(withAction<AccountOptions, []>(balance, showBalance))
}

async function createAccount(context: CommandContext, { coordinator }: AccountOptions): Promise<void> {
  const client = await connectAccount(context, coordinator)
  show(context, await client.openAccount(context.signal))
}

async function showBalance(context: CommandContext, { coordinator }: AccountOptions): Promise<void> {
  const client = await connectAccount(context, coordinator)
  show(context, await client.accountOf(client.account, context.signal))
}

function show({ output }: CommandContext, account: Account): void {
  output.line(`Account   ${account.account}`)
  const amounts = [
    ['Balance', account.balance],
    ['Pending', account.pending],
    ['Escrowed', account.escrowed],
    ['Earned', account.earned],
    ['Burned', account.burned],
    ['Granted', account.grant],
  ] as const
  for (const [name, amount] of amounts) output.line(`${name.padEnd(9)} ${formatCredits(BigInt(amount), 18)} credits`)
  output.json(account)
}
