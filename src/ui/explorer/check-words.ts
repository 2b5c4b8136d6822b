// What each check means. In English these are the words of the command line.
import { msg, str } from '@lit/localize'
import type { CheckName } from '#verify/verdict.ts'

/** The meaning of `check`, in a clause. */
export function checkWords(check: CheckName): string {
  switch (check) {
    case 'form':
      return msg('every byte is where the canonical text has it')
    case 'network':
      return msg('everything belongs to one network')
    case 'job':
      return msg('the job is signed by its requester and can be split by its kind')
    case 'unit':
      return msg('the unit is one that its kind can compute')
    case 'certificate-signature':
      return msg('the certificate is signed by the coordinator')
    case 'replicas':
      return msg('as many different nodes as were asked for gave the result')
    case 'lease':
      return msg('the node had a lease for the unit, signed by the coordinator')
    case 'commitment':
      return msg('the node signed a commitment before it saw another result')
    case 'close':
      return msg('the coordinator closed the list of commitments with this one on it')
    case 'reveal':
      return msg('the node opened its commitment after the close')
    case 'root':
      return msg('the parts have the Merkle root that was revealed')
    case 'sighting':
      return msg('the replicas checked one another')
    case 'draw':
      return msg('the replicas are those that the rules drew from the roster')
    case 'audit':
      return msg('whether and by whom the result was audited follows from the rules, and the audit found it valid')
    case 'delegation':
      return msg('a device credential vouches for the session key')
    case 'split':
      return msg('each node that parts its pay with a site says so itself')
    case 'assurance':
      return msg('the assurance and the transport claimed are those of the evidence')
    case 'units':
      return msg('the units are the whole job, each once and in order')
    case 'result':
      return msg("the units' parts are the parts of the result")
    case 'checkpoint':
      return msg("the log's checkpoint is signed by the coordinator")
    case 'admission':
      return msg("the log holds the job's admission")
    case 'receipt':
      return msg("the log holds each unit's receipt, which names its certificate")
    case 'repeated':
      return msg('the unit was certified for an earlier job, and nothing was paid for it again')
    case 'price':
      return msg('the payments are those of the price list, within what the requester allowed')
    case 'bytes':
      return msg("the result's bytes are those that were certified")
    case 'input':
      return msg("the inputs' bytes are those that the job names")
    case 'recompute':
      return msg('computing it again gives the same')
    case 'possession':
      return msg('the replica knew intermediate values of the computation')
    case 'progress':
      return msg('the node signed what it said of its result under its lease')
    case 'fault':
      return msg('the part that the node revealed is not what the reference computes')
    case 'fork':
      return msg('the two checkpoints cannot be of one log')
    case 'false-receipt':
      return msg('the log has something else where the receipt was promised')
    case 'false-draw':
      return msg('the draw that was signed is not the one of the rules')
    case 'conflict':
      return msg('the two messages cannot both be honest')
  }
}

/** That it fails. */
export function failedSentence(check: CheckName): string {
  const meaning = checkWords(check)
  return msg(str`A check fails: ${meaning}.`)
}
