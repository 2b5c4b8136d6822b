// What each entry of the log says, in one sentence. Pure functions of the entry and the page's language.
import { msg, str } from '@lit/localize'
import type { LogEntry, ReceiptEntry } from '#ledger/entry.ts'
import { byCount, formatCount, formatCredits, formatDayAndTime, formatDuration, shortDigest } from '#ui/format.ts'
import { causeClause } from './cause-words.ts'
import { paragraph } from './counts.ts'

const HOUR_MS = 3_600_000
const [FIRST_YEAR, LAST_YEAR] = [2020, 2100]

/** The sentence of an entry. */
export function entrySentence(entry: LogEntry): string {
  switch (entry.type) {
    case 'genesis':
      return genesisSentence(entry.genesis.name, shortDigest(entry.genesis.coordinator))
    case 'grant': {
      const [account, credits] = [shortDigest(entry.account), formatCredits(entry.amount)]
      return msg(str`Account ${account} was granted ${credits} credits to begin with.`)
    }
    case 'roster':
      return rosterSentence(entry.size)
    case 'secret-chain':
      return chainSentence(entry.length, formatDuration(entry.periodMs))
    case 'epoch-secret': {
      const epoch = formatCount(entry.epoch)
      return msg(str`The secret of draw epoch ${epoch}: whoever was drawn in it can be drawn again now.`)
    }
    case 'delegation': {
      const { tier } = entry
      return msg(str`A passkey vouched for a node (tier ${tier}).`)
    }
    case 'beats':
      return beatsSentence(entry.nodes, formatCount(entry.epoch))
    case 'admission': {
      const [account, credits] = [shortDigest(entry.account), formatCredits(entry.escrow)]
      return msg(str`A job came in; ${credits} credits of account ${account} were set aside for it.`)
    }
    case 'receipt':
      return receiptSentence(entry)
    case 'epoch':
      return paragraph([epochSentence(entry.epoch), holdbackSentence(entry.holdback)])
    case 'fault': {
      const [node, cause] = [shortDigest(entry.node), causeClause(entry.cause)]
      return msg(str`Node ${node} was proven wrong: ${cause}.`)
    }
    case 'forfeit': {
      const [node, credits, fault] = [shortDigest(entry.node), formatCredits(entry.amount), formatCount(entry.fault)]
      return msg(str`Node ${node} lost ${credits} credits that it had pending, for the fault in entry ${fault}.`)
    }
    case 'refund': {
      const [credits, admission] = [formatCredits(entry.amount), formatCount(entry.admissionLeaf)]
      return msg(str`${credits} credits of the job in entry ${admission} went back to its requester.`)
    }
  }
}

function genesisSentence(name: string, key: string): string {
  return msg(str`The network “${name}” began, under the key ${key} of its coordinator.`)
}

function rosterSentence(size: number): string {
  const nodes = formatCount(size)
  return byCount(size, {
    one: msg(str`A list of ${nodes} node, from which checkers are drawn.`),
    other: msg(str`A list of ${nodes} nodes, from which checkers are drawn.`),
  })
}

function chainSentence(length: number, each: string): string {
  const epochs = formatCount(length)
  return byCount(length, {
    one: msg(str`The coordinator committed to the secret of ${epochs} draw epoch to come, of ${each}.`),
    other: msg(str`The coordinator committed to the secrets of ${epochs} draw epochs to come, ${each} each.`),
  })
}

function beatsSentence(count: number, epoch: string): string {
  const nodes = formatCount(count)
  return byCount(count, {
    one: msg(str`${nodes} node gave signs of life in epoch ${epoch}.`),
    other: msg(str`${nodes} nodes gave signs of life in epoch ${epoch}.`),
  })
}

function receiptSentence({ payments, audited }: Pick<ReceiptEntry, 'payments' | 'audited'>): string {
  const nodes = formatCount(payments.length)
  const credits = formatCredits(payments.reduce((sum, { amount }) => sum + BigInt(amount), 0n).toString())
  const paid = byCount(payments.length, {
    one: msg(str`A unit was checked and agreed on; ${nodes} node earned ${credits} credits for it.`),
    other: msg(str`A unit was checked and agreed on; ${nodes} nodes earned ${credits} credits for it.`),
  })
  return audited.length === 0 ? paid : paragraph([paid, msg('An audit found it right.')])
}

/** With epochs of an hour, as they are as a rule, the number is the hour since 1970. */
function epochSentence(epoch: number): string {
  const number = formatCount(epoch)
  const year = new Date(epoch * HOUR_MS).getUTCFullYear()
  if (Number.isNaN(year) || year < FIRST_YEAR || year > LAST_YEAR) return msg(str`Epoch ${number} began.`)
  const time = formatDayAndTime(epoch * HOUR_MS)
  return msg(str`Epoch ${number} began (${time}).`)
}

function holdbackSentence(holdback: number): string {
  const epochs = formatCount(holdback)
  return byCount(holdback, {
    one: msg(str`What is older than ${epochs} epoch is no longer pending.`),
    other: msg(str`What is older than ${epochs} epochs is no longer pending.`),
  })
}
