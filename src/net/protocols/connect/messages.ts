// Messages of the connect protocol.
import * as v from 'valibot'

/** "Dial me." */
export const dialMeSchema = v.strictObject({ type: v.literal('dial-me') })

/** Whether there is a direct connection now. */
export const dialedSchema = v.strictObject({ type: v.literal('dialed'), isConnected: v.boolean() })
