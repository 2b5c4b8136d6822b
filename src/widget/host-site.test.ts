import { describe, expect, test } from 'vitest'
import { hostSite } from './host-site.ts'

const framed = { isTop: false, ancestorOrigins: [], referrer: '' }

describe('hostSite', () => {
  test('default: the nearest ancestor, by the browser’s word', () => {
    const ancestorOrigins = ['https://garden.example', 'https://portal.example']
    expect(hostSite({ ...framed, ancestorOrigins })).toBe('https://garden.example')
  })

  test('behaviour: the referrer only where the browser tells no ancestors', () => {
    expect(hostSite({ ...framed, referrer: 'https://garden.example/page?x=1' })).toBe('https://garden.example')
    expect(hostSite({ ...framed, ancestorOrigins: ['null'], referrer: 'https://bank.example/' })).toBeNull()
  })

  test.each(['', 'about:blank', 'data:text/html,x', 'file:///home/x.html', 'not a url'])(
    'behaviour: no site on %s',
    (referrer) => {
      expect(hostSite({ ...framed, referrer })).toBeNull()
    },
  )

  test('behaviour: at the top there is no site', () => {
    expect(hostSite({ isTop: true, ancestorOrigins: [], referrer: 'https://garden.example/' })).toBeNull()
  })
})
