// What each entry of the log says, in one sentence. Pure functions of the entry.
import type { LogEntry, ReceiptEntry } from '#ledger/entry.ts'
import type { ProvenCause } from '#verify/faults.ts'
import { formatCredits, formatMinutes, group, plural, shortDigest } from '#ui/format.ts'

/** What was proven, to be read after "Node … was proven wrong:". */
const CAUSE_WORDS: Readonly<Record<ProvenCause, string>> = {
  'wrong-part': 'a part of its result is not what the reference computes',
  'wrong-part-again': 'a part of its result is not what the reference computes, for the second time',
  equivocation: 'it signed two different commitments to one unit',
  'broken-claim': 'what it streamed is not how its result begins',
  'false-tag': 'it did not compute from the inputs, it looked the result up',
}

const HOUR_MS = 3_600_000

/** The sentence of an entry. */
export function entrySentence(entry: LogEntry): string {
  switch (entry.type) {
    case 'genesis':
      return `The network “${entry.genesis.name}” began, under the key ${shortDigest(entry.genesis.coordinator)} of its coordinator.`
    case 'grant':
      return `Account ${shortDigest(entry.account)} was granted ${credits(entry.amount)} to begin with.`
    case 'roster':
      return `A list of ${plural(entry.size, 'node')}, from which checkers are drawn.`
    case 'secret-chain':
      return `The coordinator committed to the secrets of ${plural(entry.length, 'draw epoch')} to come, ${seconds(entry.periodMs)} each.`
    case 'epoch-secret':
      return `The secret of draw epoch ${group(String(entry.epoch))}: whoever was drawn in it can be drawn again now.`
    case 'delegation':
      return `A passkey vouched for a node (tier ${entry.tier}).`
    case 'beats':
      return `${plural(entry.nodes, 'node')} gave signs of life in epoch ${group(String(entry.epoch))}.`
    case 'admission':
      return `A job came in; ${credits(entry.escrow)} of account ${shortDigest(entry.account)} were set aside for it.`
    case 'receipt':
      return receiptSentence(entry)
    case 'epoch':
      return `Epoch ${group(String(entry.epoch))} began${hourOf(entry.epoch)}. What is older than ${plural(entry.holdback, 'epoch')} is no longer pending.`
    case 'fault':
      return `Node ${shortDigest(entry.node)} was proven wrong: ${CAUSE_WORDS[entry.cause]}.`
    case 'forfeit':
      return `Node ${shortDigest(entry.node)} lost ${credits(entry.amount)} that it had pending, for the fault in entry ${group(String(entry.fault))}.`
    case 'refund':
      return `${credits(entry.amount)} of the job in entry ${group(String(entry.admissionLeaf))} went back to its requester.`
  }
}

/** `bytes` with the unit that fits. */
export function formatBytes(bytes: number): string {
  if (bytes < 1024) return plural(bytes, 'byte')
  if (bytes < 1024 ** 2) return `${(bytes / 1024).toFixed(1)} KiB`
  if (bytes < 1024 ** 3) return `${(bytes / 1024 ** 2).toFixed(1)} MiB`
  return `${(bytes / 1024 ** 3).toFixed(2)} GiB`
}

function receiptSentence({ payments, audited }: Pick<ReceiptEntry, 'payments' | 'audited'>): string {
  const total = payments.reduce((sum, { amount }) => sum + BigInt(amount), 0n)
  const nodes = plural(payments.length, 'node')
  const audit = audited.length > 0 ? ' An audit found it right.' : ''
  return `A unit was checked and agreed on; ${nodes} earned ${credits(total.toString())} for it.${audit}`
}

/** With epochs of an hour, as they are as a rule, the number is the hour since 1970. */
function hourOf(epoch: number): string {
  const date = new Date(epoch * HOUR_MS)
  const year = date.getUTCFullYear()
  if (Number.isNaN(year) || year < 2020 || year > 2100) return ''
  return ` (${date.toISOString().slice(0, 13).replace('T', ', ')}:00 UTC)`
}

function seconds(durationMs: number): string {
  return durationMs < 60_000 ? `${durationMs / 1000} s` : formatMinutes(Math.round(durationMs / 60_000))
}

function credits(amount: string): string {
  return `${formatCredits(amount)} credits`
}
