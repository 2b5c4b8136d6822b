// Work-around for hanging dials in @libp2p/webrtc 6.0.33, which opens a data channel `init` and waits for its `open` and `close`.
// (1) The remote may close it before the wait begins, and the events never come: they are given again to late listeners.
// (2) The peer connection may fail before the wait begins, and nobody looks: then the channel reports an error, which ends the dial.

type DataChannel = EventTarget & { readonly readyState: string }
type ConnectionState = EventTarget & { readonly connectionState: string }
type ChannelMaker = ConnectionState & {
  createDataChannel: (this: ChannelMaker, label: string, ...rest: never[]) => DataChannel
}

/** A WebRTC implementation: the browser's, or node-datachannel's. */
export type PeerConnectionClass = { readonly prototype: ChannelMaker }

const patched = new WeakSet<object>()

/** Patches `implementation` once; must run before the first dial. Other data channels than `init` are left alone. */
export function patchInitChannel(implementation: PeerConnectionClass): void {
  const prototype = implementation.prototype
  if (patched.has(prototype)) return
  patched.add(prototype)
  const original = prototype.createDataChannel
  prototype.createDataChannel = function createDataChannel(this: ChannelMaker, label: string, ...rest: never[]) {
    const channel = original.call(this, label, ...rest)
    if (label === 'init') {
      replayToLateListeners(channel, this)
      reportFailure(channel, this)
    }
    return channel
  }
}

function replayToLateListeners(channel: DataChannel, connection: ConnectionState): void {
  const add = channel.addEventListener.bind(channel)
  channel.addEventListener = (type: string, ...rest: [EventListenerOrEventListenerObject | null]) => {
    add(type, ...rest)
    if (type !== 'open' && type !== 'close') return
    const isOver = channel.readyState === 'closed' || channel.readyState === 'closing'
    if (hasFailed(connection)) queueMicrotask(() => channel.dispatchEvent(failure(connection)))
    else if (isOver) queueMicrotask(() => channel.dispatchEvent(new Event(type)))
  }
}

function reportFailure(channel: DataChannel, connection: ConnectionState): void {
  const onChange = () => {
    if (!hasFailed(connection)) return
    connection.removeEventListener('connectionstatechange', onChange)
    channel.dispatchEvent(failure(connection))
  }
  connection.addEventListener('connectionstatechange', onChange)
}

function hasFailed(connection: ConnectionState): boolean {
  return connection.connectionState === 'failed' || connection.connectionState === 'closed'
}

function failure(connection: ConnectionState): Event {
  const error = new Error(`The WebRTC connection is ${connection.connectionState}.`)
  return Object.assign(new Event('error'), { error })
}
