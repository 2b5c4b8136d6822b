// Addresses of scripts under Trusted Types: a worker's must come from a policy, and ours lets through what the build made alone.

/** The policy's name, as the pages' Content-Security-Policy lists it. */
const POLICY = 'commonwatt'

type ScriptUrlPolicy = { createScriptURL(url: string): string }
type TrustedTypes = { createPolicy(name: string, rules: ScriptUrlPolicy): ScriptUrlPolicy }

const known = new Set<string>()
let policy: ScriptUrlPolicy | undefined

/** `address`, the address of a script of our build, as the platform wants it. */
export function ownScript(address: string): string {
  const { trustedTypes } = globalThis as { trustedTypes?: TrustedTypes }
  if (trustedTypes === undefined) return address
  known.add(address)
  // A policy can be made once, so it is kept.
  policy ??= trustedTypes.createPolicy(POLICY, {
    createScriptURL: (wanted) => {
      if (!known.has(wanted)) throw new TypeError(`The address ${wanted} is not one of ours.`)
      return wanted
    },
  })
  return policy.createScriptURL(address)
}
