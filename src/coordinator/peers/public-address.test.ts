import { expect, test } from 'vitest'
import { publicAddress } from './public-address.ts'

test.each([
  ['/ip4/93.184.216.34/tcp/1/ws', '93.184.216.34'],
  ['/ip6/2a00:1450:4001:0810::200e/tcp/1/ws', '2a00:1450:4001:810'],
  ['/ip6/2a00:1450:4001:810:1:2:3:4/tcp/1/ws', '2a00:1450:4001:810'],
  ['/ip6/2a00::1/tcp/1/ws', '2a00:0:0:0'],
  ['/ip6/::ffff:93.184.216.34/tcp/1', '93.184.216.34'],
  ['/ip4/127.0.0.1/tcp/1/ws', null],
  ['/ip4/172.31.255.255/tcp/1/ws', null],
  ['/ip4/172.32.0.0/tcp/1/ws', '172.32.0.0'],
  ['/ip4/100.64.0.1/tcp/1/ws', null],
  ['/ip6/::1/tcp/1/ws', null],
  ['/ip6/fd00::1/tcp/1/ws', null],
  ['/ip6/::ffff:10.0.0.1/tcp/1/ws', null],
  ['/dns4/example.org/tcp/1/ws', null],
  ['', null],
])('behaviour: %s is %s', (multiaddr, address) => {
  expect(publicAddress(multiaddr)).toBe(address)
})
