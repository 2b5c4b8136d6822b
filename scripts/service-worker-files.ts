// Writes into the built service worker which files open the pages: what their documents ask for, and the parts that they load later.
import { createHash } from 'node:crypto'
import type { Plugin } from 'vite'

/** Documents of the shell by the path that shows them. */
const DOCUMENTS = { '/': 'index.html', '/explorer': 'explorer.html' }

/** Files of public/ that the documents ask for. */
const PUBLIC = ['/mark.svg', '/manifest.webmanifest']

/** Sources of chunks that the pages load later. */
const LATER = /\/src\/ui\/(?:panels|languages\/built)\/|\/src\/node\/kept-models\.ts/

const PLACEHOLDER = '__SHELL__'

/** The plugin. The version is a digest over documents and names: it changes when any file of the shell does. */
export function serviceWorkerFiles(): Plugin {
  return {
    name: 'service-worker-files',
    enforce: 'post',
    apply: 'build',
    generateBundle: {
      order: 'post',
      handler(_options, bundle) {
        const worker = bundle['service-worker.js']
        if (worker?.type !== 'chunk' || !worker.code.includes(PLACEHOLDER))
          throw new Error(`The service worker has no ${PLACEHOLDER} for the names of its files.`)
        if (worker.imports.length > 0) throw new Error('The service worker is a classic script: it can import nothing.')
        const digest = createHash('sha256')
        const files = new Set([...Object.keys(DOCUMENTS), ...PUBLIC])
        for (const name of Object.values(DOCUMENTS)) {
          const page = bundle[name]
          if (page?.type !== 'asset') throw new Error(`The build has no ${name}.`)
          const text = String(page.source)
          digest.update(text)
          for (const [, file] of text.matchAll(/(?:src|href)="(\/assets\/[^"]+)"/g)) if (file) files.add(file)
        }
        for (const chunk of Object.values(bundle))
          if (chunk.type === 'chunk' && LATER.test(chunk.facadeModuleId ?? '')) files.add(`/${chunk.fileName}`)
        digest.update([...files].join('\n'))
        const shell = { version: digest.digest('hex').slice(0, 16), files: [...files] }
        worker.code = worker.code.replaceAll(PLACEHOLDER, () => `(${JSON.stringify(shell)})`)
      },
    },
  }
}
