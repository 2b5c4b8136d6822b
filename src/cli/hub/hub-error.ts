// What can go wrong between here and the Hub, as sentences that say what to do.
import { AppError } from '#core/errors.ts'

/** The Hub does not give a model, or not what it promised. */
export class HubError extends AppError {
  override readonly name = 'cli.Hub'
}

/** What an answer with `status` means for `what`. `hasToken` tells a missing token from one that does not suffice. */
export function statusError(status: number, what: string, hasToken: boolean, code: string | null): HubError {
  if (code === 'GatedRepo' || status === 403)
    return new HubError(
      'input',
      `${what} is gated: accept its conditions on its page on the Hub, and give the token of that account (HF_TOKEN or --token).`,
    )
  if (status === 401)
    return new HubError(
      'input',
      hasToken
        ? `The Hub does not let this token read ${what}.`
        : `There is no ${what} on the Hub, or it is private: then give a token (HF_TOKEN or --token).`,
    )
  if (status === 404) return new HubError('input', `There is no ${what} on the Hub.`)
  return new HubError('unavailable', `The Hub answers ${status} for ${what}: try again later.`)
}
