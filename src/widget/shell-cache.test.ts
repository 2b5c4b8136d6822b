import { describe, expect, it } from 'vitest'
import { type Asked, routeOf } from './shell-cache.ts'

const ORIGIN = 'https://grid.example'
const FILES = ['/', '/explorer', '/mark.svg', '/assets/page-1.js']

function route(path: string, change: Partial<Asked> = {}) {
  return routeOf({ url: new URL(path, ORIGIN).href, method: 'GET', mode: 'no-cors', ...change }, ORIGIN, FILES)
}

const routes = (paths: readonly string[], change?: Partial<Asked>) => [
  ...new Set(paths.map((path) => route(path, change))),
]

describe('routeOf', () => {
  it('default: pages from the network first, files with a hash from the cache first', () => {
    const pages = ['/', '/?a=b', '/explorer', '/explorer/unit/12']
    expect(routes(pages, { mode: 'navigate' })).toEqual(['network-first'])
    expect(routes(['/assets/page-1.js', '/assets/anything-later.wasm'])).toEqual(['cache-first'])
    expect(route('/mark.svg')).toBe('network-first')
  })

  it('behaviour: API, metrics, widget and the worker itself are never answered from here', () => {
    const files = ['/api/v1/network', '/v1/models', '/healthz', '/metrics', '/embed.js', '/service-worker.js']
    expect(routes(files)).toEqual(['pass'])
    const pages = ['/api/v1/network', '/embed', '/embed/confirm', '/explorers', '/else']
    expect(routes(pages, { mode: 'navigate' })).toEqual(['pass'])
  })

  it('behaviour: what is sent, and what is of others, passes by', () => {
    expect(route('/assets/page-1.js', { method: 'POST' })).toBe('pass')
    expect(route('https://elsewhere.example/assets/page-1.js')).toBe('pass')
    expect(route('https://elsewhere.example/', { mode: 'navigate' })).toBe('pass')
  })
})
