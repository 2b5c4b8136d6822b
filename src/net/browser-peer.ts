// A node's peer in a page. It must run on the main thread: RTCPeerConnection does not exist in workers.
import { webRTC } from '@libp2p/webrtc'
import { type ContributorPeer, type ContributorPeerOptions, createContributorPeer } from './contributor-peer.ts'
import { NO_ICE_SERVERS } from './settings.ts'
import { patchInitChannel } from './webrtc-init-channel.ts'

/** Starts a node's peer in this page. */
export async function createBrowserPeer(options: ContributorPeerOptions): Promise<ContributorPeer> {
  if (typeof RTCPeerConnection === 'undefined')
    return createContributorPeer(options, {
      support: { isAvailable: false, reason: 'this browser has no WebRTC here' },
      transports: [],
    })
  patchInitChannel(RTCPeerConnection)
  const iceServers = [...(options.iceServers ?? NO_ICE_SERVERS)]
  return createContributorPeer(options, {
    support: { isAvailable: true },
    transports: [webRTC({ rtcConfiguration: { iceServers } })],
  })
}
