import {execFileSync} from 'node:child_process'
import {existsSync, readdirSync, rmSync, writeFileSync} from 'node:fs'
import {join, resolve} from 'node:path'
import {beforeAll, describe, expect, it} from 'vitest'
import type {ActionDef, Plugin} from '../../../src/lib/plugins/manifest.ts'
import {errorOf, openExecutor, outputOf, run, type Ran} from '../../../test/rig/executor.ts'
import {managerOf} from '../../../test/rig/plugin-dir.ts'
import {temporaryDir} from '../../../test/rig/temporary-dir.ts'

let plugin: Plugin
let action: ActionDef

beforeAll(async () => {
  const resolution = await managerOf([resolve(import.meta.dirname, '../..')], '/no/cache').resolve('core/python.run')
  if (!resolution.ok) throw new Error(resolution.failure.message)
  ;({plugin, action} = resolution)
})

type Options = Parameters<typeof run>[2]

function python(script: string, inputs: NonNullable<Options>['inputs'] = {}, more: Options = {}): Promise<Ran> {
  return run(openExecutor(), plugin, {action, inputs: {script, ...inputs}, workingDir: '/', ...more})
}

function linesOf({logs}: Ran): string[] {
  return logs.map(({message}) => message)
}

describe('core/python.run', () => {
  it.each([
    ['return inputs["rows"][::-1]', {rows: [1, {a: null}]}, [{a: null}, 1]],
    ['total = 0\nfor n in inputs["ns"]:\n    total += n\nreturn total', {ns: [1, 2, 3]}, 6],
    ['return """a\nb"""', {}, 'a\nb'],
    ['from __future__ import annotations\ndef twice(n: Unknown) -> None:\n  return n * 2\nreturn twice(4)', {}, 8],
    ['import json as j\nreturn j.loads("[1]")', {}, [1]],
    ['return "ü🙂"', {}, 'ü🙂'],
    ['x = 1', {}, null],
    ['# nothing but a comment', {}, null],
    ['return sorted(inputs)', {action: 1, b: 2}, ['action', 'b']],
  ])('%j', async (script, inputs, output) => {
    expect(outputOf(await python(script, inputs))).toEqual(output)
  })

  it.each(["'; rm -rf / #", '$(touch bad) `touch bad`', '"""\nimport os\n', 'line\nline', 'a\u0000b', '{{ vars.x }}', '\\', '${x}'])(
    'hands over %j as data',
    async (value) => {
      const dir = temporaryDir()
      const ran = await python('return {"same": inputs["value"], "names": list(inputs)}', {value}, {workingDir: dir})
      expect(outputOf(ran)).toEqual({same: value, names: ['value']})
      expect(readdirSync(dir)).toEqual([])
    },
  )

  it('logs what the script and its children print, and keeps it apart from the result', async () => {
    const ran = await python(`
import os, sys
print('{"looks": "like a result"}')
os.system("echo child")
sys.stderr.write("error\\n")
return {"n": 1}
`)
    expect(outputOf(ran)).toEqual({n: 1})
    expect(linesOf(ran)).toEqual(['{"looks": "like a result"}', 'child', 'error'])
  })

  it('shows an exception with the lines of the script, and nothing of the plugin', async () => {
    const ran = await python('def half(n):\n    return n / 0\nreturn half(1)')
    expect(errorOf(ran)).toMatchObject({code: 'EXIT_CODE', exitCode: 1})
    const log = linesOf(ran).join('\n')
    expect(log).toContain('File "script", line 3')
    expect(log).toContain('return n / 0')
    expect(log).toContain('ZeroDivisionError: division by zero')
    expect(log).not.toContain('run.py')
  })

  it('names the line of a mistake in the script', async () => {
    const ran = await python('a = 1\nb = = 2')
    expect(errorOf(ran)).toMatchObject({exitCode: 1})
    expect(linesOf(ran).join('\n')).toMatch(/File "script", line 2[^]*SyntaxError/)
  })

  it.each(['return {1}', 'return float("nan")', 'return object()', 'x = []\nx.append(x)\nreturn x', 'return "\\ud800"'])(
    'fails for a value that is not JSON: %j',
    async (script) => {
      const ran = await python(script)
      expect(errorOf(ran)).toMatchObject({code: 'EXIT_CODE', exitCode: 1})
      expect(linesOf(ran).at(-1)).toMatch(/^the script returned a value that is not JSON/)
    },
  )

  it('ends with the exit code of the script', async () => {
    expect(errorOf(await python('import sys\nsys.exit(7)'))).toMatchObject({code: 'EXIT_CODE', exitCode: 7})
  })

  it('returns megabytes', async () => {
    expect(outputOf(await python('return "x" * 3_000_000'))).toHaveLength(3_000_000)
  })

  it('imports modules of the working directory, and none of the plugin', async () => {
    const dir = temporaryDir()
    writeFileSync(join(dir, 'rates.py'), 'EUR = 3\n')
    expect(outputOf(await python('import rates\nreturn rates.EUR', {}, {workingDir: dir}))).toBe(3)
    const ran = await python('try:\n  import environment\n  return True\nexcept ImportError:\n  return False', {}, {workingDir: dir})
    expect(outputOf(ran)).toBe(false)
  })

  it('evaluates no templates in the script and in the requirements', () => {
    expect(action.literalInputs).toEqual(['script', 'requirements'])
  })

  describe('requirements', () => {
    it('are installed once, also for tasks that start together, and found by the script', async () => {
      const home = temporaryDir()
      const wheel = writeWheel(home, 'tinyrate', 'VALUE = 42\n')
      const env = {AUTOKESTRA_HOME: home}
      const inputs = {requirements: [wheel]}
      const script = 'import tinyrate, sys\nreturn [tinyrate.VALUE, sys.prefix]'
      const rans = await Promise.all([1, 2, 3].map(() => python(script, inputs, {env})))
      const outputs = rans.map(outputOf) as [number, string][]
      expect(outputs.map(([value]) => value)).toEqual([42, 42, 42])
      expect(new Set(outputs.map(([, prefix]) => prefix)).size).toBe(1)
      // Nothing is installed again: the wheel is gone.
      rmSync(wheel)
      expect(outputOf(await python(script, inputs, {env}))).toEqual(outputs[0])
    }, 60_000)

    it('that cannot be installed fail the task and leave nothing that looks ready', async () => {
      const home = temporaryDir()
      const ran = await python('return 1', {requirements: ['./no-such-1.0-py3-none-any.whl']}, {env: {AUTOKESTRA_HOME: home}})
      expect(errorOf(ran)).toMatchObject({code: 'EXIT_CODE', exitCode: 1})
      expect(linesOf(ran).at(-1)).toBe('pip could not install: ./no-such-1.0-py3-none-any.whl')
      const parent = join(home, 'cache', 'python')
      for (const name of readdirSync(parent)) expect(existsSync(join(parent, name, 'ready'))).toBe(false)
    }, 60_000)

    it('cannot be options of pip', async () => {
      const ran = await python('return 1', {requirements: ['--index-url=http://127.0.0.1:9']})
      expect(errorOf(ran)).toMatchObject({code: 'INPUT_INVALID'})
    })
  })
})

/** A package of one file, as pip installs it without a network. */
function writeWheel(dir: string, name: string, code: string): string {
  const file = join(dir, `${name}-1.0-py3-none-any.whl`)
  const write = `
import sys, zipfile
file, name, code = sys.argv[1:]
info = name + "-1.0.dist-info/"
with zipfile.ZipFile(file, "w") as wheel:
    wheel.writestr(name + ".py", code)
    wheel.writestr(info + "METADATA", "Metadata-Version: 2.1\\nName: " + name + "\\nVersion: 1.0\\n")
    wheel.writestr(info + "WHEEL", "Wheel-Version: 1.0\\nGenerator: test\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n")
    wheel.writestr(info + "RECORD", "")
`
  execFileSync('python3', ['-c', write, file, name, code])
  return file
}
