// A dispute's third opinion: the coordinator asks a node that has no part in the unit to compute the disputed part, and the node signs
// what it got. The reference decides; the statement shows that somebody else came to the same, or was wrong too.
import * as v from 'valibot'
import type { Digest } from '#core/digest.ts'
import type { PublicKey, Signer } from '#core/ed25519.ts'
import { digestSchema, publicKeySchema, signedSchema, uintSchema } from '#core/schema.ts'
import { type Signed, type SigningContext, messageId, signMessage, verifyMessage } from '#core/signed.ts'
import type { Authority } from './commit.ts'
import { type Outcome, type Verdict, outcome, verdictOf } from './verdict.ts'

/** What the coordinator signs: `node` is to compute part `part` of `unit`, over which the replicas under `close` differ. */
export type ArbitrationBody = {
  readonly unit: Digest
  readonly close: Digest
  readonly part: number
  readonly node: PublicKey
  readonly deadlineMs: number
}

/** A task signed by the coordinator, as type `arbitration`. */
export type Arbitration = Signed<ArbitrationBody>

/** What the third node signs: the leaf digest of the part. */
export type StatementBody = { readonly task: Digest; readonly leaf: Digest }

/** A statement signed by the third node, as type `statement`. */
export type Statement = Signed<StatementBody>

/** Message types. */
export const ARBITRATION_TYPE = 'arbitration'
export const STATEMENT_TYPE = 'statement'

/** A signed task. */
export const arbitrationSchema: v.GenericSchema<unknown, Arbitration> = signedSchema(
  v.strictObject({
    unit: digestSchema,
    close: digestSchema,
    part: uintSchema(),
    node: publicKeySchema,
    deadlineMs: uintSchema(),
  }),
)

/** A signed statement. */
export const statementSchema: v.GenericSchema<unknown, Statement> = signedSchema(
  v.strictObject({ task: digestSchema, leaf: digestSchema }),
)

/** Signs that the part of `task` has leaf `leaf`. */
export function signStatement(
  signer: Signer,
  context: SigningContext,
  task: Arbitration,
  leaf: Digest,
): Promise<Statement> {
  return signMessage(signer, STATEMENT_TYPE, context, { task: messageId(task), leaf })
}

/** Whether the coordinator asked for it. */
export function isArbitration(task: Arbitration, { network, coordinator }: Authority): boolean {
  return task.signer === coordinator && verifyMessage(task, ARBITRATION_TYPE, network)
}

/** Whether `statement` is the asked node's, about that task. */
export function verifyStatement(task: Arbitration, statement: Statement, authority: Authority): Verdict {
  return verdictOf(statementOutcomes(task, statement, authority))
}

function* statementOutcomes(task: Arbitration, statement: Statement, authority: Authority): Generator<Outcome> {
  const { node } = task.body
  yield outcome('lease', isArbitration(task, authority), 'The coordinator did not ask for this statement.')
  const isOwn =
    statement.signer === node &&
    statement.body.task === messageId(task) &&
    verifyMessage(statement, STATEMENT_TYPE, authority.network)
  yield outcome('fault', isOwn, `The statement is not signed by node ${node}, or is about another part.`)
}
