// What is shown while the browser has no connection: the node learns of it only when something does not come back.
import { msg } from '@lit/localize'
import type { NodeState } from '#node/state.ts'

/** A state as it is without a connection, and its line. */
export type OfflineState = { readonly state: NodeState; readonly line: string }

/** `state` without a connection, or null where that changes nothing. On this very machine, `isLoopback`, a grid needs no network. */
export function offlineState(state: NodeState, isLoopback: boolean): OfflineState | null {
  switch (state.phase) {
    case 'off':
    case 'attention':
      return state.error === null && state.phase === 'off' ? offlineOff(state) : null
    case 'working':
    case 'waiting':
      return isLoopback ? null : offlineOn(state)
    case 'starting':
    case 'reconnecting':
      return offlineOn(state)
    case 'paused':
    case 'stopping':
      return null
  }
}

function offlineOff(state: NodeState): OfflineState {
  const reason = msg('Your device has no connection. Connect it to the internet, then click Contribute.')
  return { state: { ...state, step: null, reason }, line: msg('Off, and offline') }
}

function offlineOn(state: NodeState): OfflineState {
  const reason = msg(
    'Your device has no connection. You need not do anything: your node goes on by itself when it is back.',
  )
  return { state: { ...state, phase: 'reconnecting', step: null, reason }, line: msg('Offline') }
}
