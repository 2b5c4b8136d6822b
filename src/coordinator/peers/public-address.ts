// The public address behind a connection, as far as it tells machines apart: private and local ones do not.
import { BlockList, isIPv4, isIPv6 } from 'node:net'

/** Bits of an IPv6 address that one subscriber has as a rule. */
const IPV6_PREFIX_WORDS = 4

const NOT_PUBLIC = new BlockList()
for (const [net, bits] of [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.168.0.0', 16],
] as const)
  NOT_PUBLIC.addSubnet(net, bits)
for (const [net, bits] of [
  ['::', 127],
  ['fc00::', 7],
  ['fe80::', 10],
] as const)
  NOT_PUBLIC.addSubnet(net, bits, 'ipv6')

/** The public address in a multiaddr's text, of IPv6 the first 64 bits; null for a private or local one, or where there is none. */
export function publicAddress(multiaddr: string): string | null {
  const [, family, address = ''] = multiaddr.split('/')
  if (family === 'ip4' && isIPv4(address)) return NOT_PUBLIC.check(address) ? null : address
  if (family !== 'ip6' || !isIPv6(address)) return null
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1]
  if (mapped !== undefined) return publicAddress(`/ip4/${mapped}`)
  return NOT_PUBLIC.check(address, 'ipv6') ? null : wordsOf(address).slice(0, IPV6_PREFIX_WORDS).join(':')
}

/** The eight words of an IPv6 address in lower-case hex without leading zeros. */
function wordsOf(address: string): string[] {
  const [head = '', tail] = new URL(`http://[${address}]`).hostname.slice(1, -1).split('::')
  const left = head === '' ? [] : head.split(':')
  if (tail === undefined) return left
  const right = tail === '' ? [] : tail.split(':')
  return [...left, ...Array.from({ length: 8 - left.length - right.length }, () => '0'), ...right]
}
