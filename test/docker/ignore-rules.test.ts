// Our reading of .dockerignore against Docker's own: what `docker build` sends is what we would send.

import {execFileSync} from 'node:child_process'
import {mkdtempSync, rmSync} from 'node:fs'
import {tmpdir} from 'node:os'
import path from 'node:path'
import {afterAll, beforeAll, expect, it} from 'vitest'
import {listContext, readIgnoreRules} from '../../src/lib/images/context-files.ts'
import {describeInDocker, dockerEnv} from '../rig/docker.ts'
import {ignoreCases, ignoreCasesAtTop, ignoreOutcomes, ignoreTree, refusedIgnoreCases} from '../rig/ignore-cases.ts'
import {writeFiles} from '../rig/plugin-dir.ts'

let top: string
beforeAll(() => {
  top = mkdtempSync(path.join(tmpdir(), 'ignore-rules-'))
})
afterAll(() => {
  rmSync(top, {recursive: true, force: true})
})

/** The files in the image that Docker makes of the directory; throws what its command prints. */
function filesInImage(dir: string): string[] {
  const docker = (...args: string[]): Buffer =>
    execFileSync('docker', args, {
      env: {...process.env, DOCKER_BUILDKIT: '0', ...dockerEnv()},
      stdio: ['ignore', 'pipe', 'pipe'],
      maxBuffer: 64e6,
    })
  const image = docker('build', '-q', '--no-cache', dir).toString().trim()
  const container = docker('create', image, '/none').toString().trim()
  try {
    const tar = docker('export', container)
    const names = execFileSync('tar', ['-t', '--quoting-style=literal'], {input: tar, maxBuffer: 64e6}).toString().split('\n')
    return names.flatMap((name) => (name.startsWith('c/') && !name.endsWith('/') ? [name.slice(2)] : []))
  } finally {
    docker('rm', container)
    docker('rmi', image)
  }
}

async function filesWeSend(dir: string): Promise<string[]> {
  const {entries} = listContext(dir, {rules: await readIgnoreRules(dir)})
  return entries.flatMap(({kind, path: name}) => (kind === 'file' ? [name] : []))
}

/** The Dockerfile and the rules are always sent to the engine, which takes them away again where they are ignored. */
const isOwn = (name: string): boolean => name !== 'Dockerfile' && name !== '.dockerignore'

function makeContext(name: string, rules: string, files: readonly string[]): string {
  const contents = Object.fromEntries(files.map((file) => [file, '']))
  return writeFiles(path.join(top, name), {...contents, Dockerfile: 'FROM scratch\nCOPY . /c/\n', '.dockerignore': rules})
}

function keptFiles(rules: string): string[] {
  return ignoreTree.filter((_, index) => ignoreOutcomes[rules]?.charAt(index) === '+').sort()
}

describeInDocker('the engine', () => {
  it('agrees about every pattern, each in a directory of its own', async () => {
    const prefixed = ignoreCases.map((rules, index) =>
      rules
        .split('\n')
        .map((line) => (/^(?:#|\s*$)/.test(line) ? line : line.replace(/^\s*(!?)\s*\/?/, `$1k${index}/`)))
        .join('\n'),
    )
    const files = ignoreCases.flatMap((_, index) => ignoreTree.map((file) => `k${index}/${file}`))
    const dir = makeContext('many', prefixed.join('\n'), files)
    const sort = (names: readonly string[]): Record<string, string[]> => {
      const byCase: Record<string, string[]> = {}
      for (const name of names.filter(isOwn).sort()) {
        const index = Number(/^k(\d+)\//.exec(name)?.[1])
        ;(byCase[`${index} ${JSON.stringify(ignoreCases[index])}`] ??= []).push(name.slice(name.indexOf('/') + 1))
      }
      return byCase
    }
    const sent = sort(filesInImage(dir))
    expect(sort(await filesWeSend(dir))).toEqual(sent)
    // The table that the other tests trust.
    const kept = ignoreCases.map((rules, index) => [`${index} ${JSON.stringify(rules)}`, keptFiles(rules)] as const)
    expect(sent).toEqual(Object.fromEntries(kept.filter(([, names]) => names.length > 0)))
  })

  it.each(ignoreCasesAtTop.map((rules, index) => [rules, index] as const))('agrees about %j at the top', async (rules, index) => {
    const dir = makeContext(`top-${index}`, rules, ignoreTree)
    const sent = filesInImage(dir).filter(isOwn).sort()
    expect((await filesWeSend(dir)).filter(isOwn).sort()).toEqual(sent)
  })

  it.each(refusedIgnoreCases.map((rules, index) => [rules, index] as const))('refuses %j, as Docker does', async (rules, index) => {
    const dir = makeContext(`refused-${index}`, rules, ['a', 'src/a'])
    expect(() => filesInImage(dir)).toThrow()
    await expect(readIgnoreRules(dir)).rejects.toMatchObject({code: 'BUILD_FAILED'})
  })
})
