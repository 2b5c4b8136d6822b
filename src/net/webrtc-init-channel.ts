// Work-around for a hanging dial in @libp2p/webrtc 6.0.33: the remote may close the `init` data channel before the initiator starts
// to wait for its `open` or `close` event, which then never comes. Listeners added after the channel has closed get the event again.

type DataChannel = EventTarget & { readonly readyState: string }
type ChannelMaker = { createDataChannel: (this: ChannelMaker, label: string, ...rest: never[]) => DataChannel }

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
    if (label === 'init') replayToLateListeners(channel)
    return channel
  }
}

function replayToLateListeners(channel: DataChannel): void {
  const add = channel.addEventListener.bind(channel)
  channel.addEventListener = (type: string, ...rest: [EventListenerOrEventListenerObject | null]) => {
    add(type, ...rest)
    const isOver = channel.readyState === 'closed' || channel.readyState === 'closing'
    if (isOver && (type === 'open' || type === 'close')) queueMicrotask(() => channel.dispatchEvent(new Event(type)))
  }
}
