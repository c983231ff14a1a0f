import {execFileSync} from 'node:child_process'
import {existsSync, readdirSync, writeFileSync} from 'node:fs'
import path from 'node:path'
import {expect, it} from 'vitest'
import {formatShellExport} from '../../../../src/lib/secrets/formats/shell-export.ts'
import {binaryValues, oddNames, texts} from '../../../rig/secret-values.ts'
import {temporaryDir} from '../../../rig/temporary-dir.ts'

const shells = ['sh', 'bash', 'dash'].filter((shell) => ['/bin', '/usr/bin'].some((directory) => existsSync(path.join(directory, shell))))

it.each(shells)('a %s that sources it has the same bytes, and executes nothing', (shell) => {
  const directory = temporaryDir()
  // What is in the environment must fit into one: the kernel takes 128 KiB for each variable.
  const entries = new Map([...texts].filter(([, value]) => value.length < 100_000))
  expect(entries.size).toBeGreaterThan(35)
  writeFileSync(path.join(directory, 'secrets.sh'), formatShellExport(entries))
  const names = [...entries.keys()]
  // By printf of the shell itself, so that no argument limit cuts anything; a line end at the very end would be lost by $( ).
  const script = `. ./secrets.sh\n${names.map((name) => `printf '%s\\0' "$${name}"`).join('\n')}`
  const printed = execFileSync(shell, ['-c', script], {cwd: directory, maxBuffer: 2 ** 26})
  const values = printed.toString('latin1').split('\0')
  names.forEach((name, index) => {
    expect({name, same: Buffer.from(values[index] ?? '', 'latin1').equals(entries.get(name) ?? Buffer.alloc(0))}).toEqual({
      name,
      same: true,
    })
  })
  expect(readdirSync(directory)).toEqual(['secrets.sh'])
  const exported = execFileSync(shell, ['-c', '. ./secrets.sh; printenv SINGLE; printenv SUBSTITUTION'], {cwd: directory, encoding: 'utf8'})
  expect(exported).toBe("it's\n$(touch x)\n")
})

it('refuses names that no variable can have, and names them all', () => {
  const entries = new Map(oddNames.map((name) => [name, Buffer.from('x')]))
  expect(() => formatShellExport(entries)).toThrow('not a valid name for a shell variable: 0, 9A, a-b, -, --, -rf, --help')
  expect(() => formatShellExport(new Map([['9A', Buffer.from('x')]]))).toThrow(expect.objectContaining({code: 'SECRET_VALUE_INVALID'}))
  expect(formatShellExport(new Map([['__proto__', Buffer.from('x')]]))).toBe("export __proto__='x'\n")
})

it('refuses bytes that no variable can hold', () => {
  expect(() => formatShellExport(new Map(Object.entries(binaryValues)))).toThrow(/ALL_BYTES, ZERO, ZERO_WITHIN, NO_UTF8/)
})
