// Finds Mesa's Vulkan driver for CPUs, lavapipe: as installed, or, on Debian and Ubuntu where CI is set, unpacked from the platform's own
// packages into a folder of the build. Nothing is installed.
import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { glob, mkdir, readdir, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

/** The description of the driver for Vulkan's loader, or why there is none. */
export type Lavapipe = { readonly driver: string } | { readonly missing: string }

/** What Dawn asks of a driver, Mesa has from this version on. */
const LEAST_VERSION = 25

/** The driver, a library that it wants newer than systems have it, and Vulkan's loader, which is looked for beside the driver. */
const PACKAGES = ['mesa-vulkan-drivers', 'libdrm2', 'libvulkan1']

const INSTALLED = '/usr/share/vulkan/icd.d'
const folder = fileURLToPath(new URL('../../dist/lavapipe', import.meta.url))
const run = promisify(execFile)

/** Looks for the driver, and fetches it where it may. */
export async function findLavapipe(): Promise<Lavapipe> {
  const installed = existsSync(INSTALLED) ? await readdir(INSTALLED) : []
  const name = installed.find((file) => file.startsWith('lvp_icd'))
  if (name !== undefined) return { driver: join(INSTALLED, name) }
  const unpacked = await find('root/usr/lib/*/lvp_icd.json')
  if (unpacked !== undefined) return { driver: unpacked }
  if (!process.env.CI || !existsSync('/usr/bin/apt-get'))
    return { missing: 'mesa-vulkan-drivers is not installed; where CI is set and apt is there, it is fetched' }
  try {
    return await unpack()
  } catch (error) {
    return { missing: `mesa-vulkan-drivers cannot be fetched: ${String(error).replaceAll(/\s+/g, ' ').slice(0, 200)}` }
  }
}

async function unpack(): Promise<Lavapipe> {
  await rm(folder, { recursive: true, force: true })
  await mkdir(join(folder, 'lists', 'partial'), { recursive: true })
  const inFolder = (command: string, args: readonly string[]) => run(command, args, { cwd: folder })
  const options = await backports()
  if (options.length > 0) await inFolder('apt-get', ['update', ...options])
  await inFolder('apt-get', ['download', ...options, ...PACKAGES])
  const packages = (await readdir(folder)).filter((file) => file.endsWith('.deb'))
  const version = packages.map((file) => /^mesa-vulkan-drivers_(?:\d+%3a)?(\d+)/.exec(file)?.[1]).find(Boolean)
  if (Number(version) < LEAST_VERSION)
    return { missing: `Mesa here is ${version}; ${LEAST_VERSION} or later is needed` }
  for (const file of packages) await inFolder('dpkg-deb', ['-x', file, 'root'])
  const library = await find('root/usr/lib/*/libvulkan_lvp.so')
  if (library === undefined) return { missing: 'the package has no lavapipe' }
  const libraries = dirname(library)
  const { stdout } = await run('ldd', [library], { env: { ...process.env, LD_LIBRARY_PATH: libraries } })
  const lacking = stdout.split('\n').filter((line) => line.includes('not found'))
  if (lacking.length > 0)
    return { missing: `lavapipe lacks ${lacking.map((line) => line.trim().split(' ')[0]).join(', ')}` }
  const driver = join(libraries, 'lvp_icd.json')
  const ICD = { library_path: 'libvulkan_lvp.so', api_version: '1.4.0' }
  await writeFile(driver, JSON.stringify({ file_format_version: '1.0.0', ICD }))
  return { driver }
}

async function find(pattern: string): Promise<string | undefined> {
  for await (const path of glob(pattern, { cwd: folder })) return join(folder, path)
  return undefined
}

/** Options by which apt looks into Debian's backports too, on the mirror that the system uses; none on other systems. */
async function backports(): Promise<string[]> {
  const { stdout } = await run('apt-get', ['indextargets', '--format', '$(SITE) $(RELEASE)', 'Identifier: Packages'])
  const [mirror, release] = (stdout.split('\n').find((line) => /\/debian \w+$/.test(line)) ?? '').split(' ')
  if (mirror === undefined || release === undefined) return []
  const sources = join(folder, 'sources.list')
  await writeFile(sources, [release, `${release}-backports`].map((suite) => `deb ${mirror} ${suite} main\n`).join(''))
  const settings = [
    `Dir::Etc::sourcelist=${sources}`,
    'Dir::Etc::sourceparts=-',
    `Dir::State::lists=${join(folder, 'lists')}`,
    `Dir::Cache=${join(folder, 'cache')}`,
    `APT::Default-Release=${release}-backports`,
  ]
  return settings.flatMap((setting) => ['-o', setting])
}
