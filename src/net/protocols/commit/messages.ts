// node -> {lease, commitment}, peer -> {ok}. The sender's lease, signed by the coordinator, is its ticket: a peer that holds a lease for
// another unit, or none, answers false and scores the sender.
import * as v from 'valibot'
import { type Commitment, commitmentSchema } from '#verify/commitment.ts'
import { type Lease, leaseSchema } from '#work/lease.ts'

export type CommitMessage = { readonly lease: Lease; readonly commitment: Commitment }
export type CommitAnswer = { readonly ok: boolean }

export const commitMessageSchema: v.GenericSchema<unknown, CommitMessage> = v.strictObject({
  lease: leaseSchema,
  commitment: commitmentSchema,
})
export const commitAnswerSchema: v.GenericSchema<unknown, CommitAnswer> = v.strictObject({ ok: v.boolean() })
