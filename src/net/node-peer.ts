// A node's peer in a Node process. Direct connections need node-datachannel, a native module; where it does not load the peer
// says so and uses the relay only.
import { type ContributorPeer, type ContributorPeerOptions, createContributorPeer } from './contributor-peer.ts'
import type { WebRtcTransport } from './contributor-peer.ts'
import { NO_ICE_SERVERS } from './settings.ts'
import { patchInitChannel } from './webrtc-init-channel.ts'

/** Peers in this process that may hold native connections. */
let openPeers = 0

/** Starts a node's peer in this process; `isWebRtcWanted: false` keeps it to the relay. */
export async function createNodePeer(
  options: ContributorPeerOptions & { readonly isWebRtcWanted?: boolean },
): Promise<ContributorPeer> {
  const transport =
    options.isWebRtcWanted === false
      ? { support: { isAvailable: false as const, reason: 'WebRTC is switched off' }, transports: [] }
      : await loadWebRtc(options.iceServers ?? NO_ICE_SERVERS)
  if (!transport.support.isAvailable) return createContributorPeer(options, transport)
  const release = holdNative()
  try {
    const peer = await createContributorPeer(options, transport)
    return {
      ...peer,
      close: async () => {
        await peer.close()
        await release()
      },
    }
  } catch (error) {
    await release()
    throw error
  }
}

/** Connections that the remote side closed first are left behind by the native module and would keep the process alive. */
function holdNative(): () => Promise<void> {
  let isHeld = true
  openPeers++
  return async () => {
    if (!isHeld) return
    isHeld = false
    openPeers--
    if (openPeers > 0) return
    const { cleanup } = await import('node-datachannel')
    if (openPeers === 0) cleanup()
  }
}

async function loadWebRtc(iceServers: readonly RTCIceServer[]): Promise<WebRtcTransport> {
  try {
    const { RTCPeerConnection } = await import('node-datachannel/polyfill')
    const { webRTC } = await import('@libp2p/webrtc')
    patchInitChannel(RTCPeerConnection)
    const transports = [webRTC({ rtcConfiguration: { iceServers: [...iceServers] } })]
    return { support: { isAvailable: true }, transports }
  } catch (error) {
    const reason = `node-datachannel does not load here (${error instanceof Error ? error.message : String(error)})`
    return { support: { isAvailable: false, reason }, transports: [] }
  }
}
