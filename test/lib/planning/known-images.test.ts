// Which images are known before a run: those that its file, inputs and vars name, also one for each item.

import {mkdirSync, writeFileSync} from 'node:fs'
import path from 'node:path'
import {describe, expect, it} from 'vitest'
import {SchemaCompiler} from '../../../src/lib/documents/json-schema.ts'
import {knownImages} from '../../../src/lib/planning/containers/known-images.ts'
import {needsEngine} from '../../../src/lib/planning/containers/needs-engine.ts'
import {planFile} from '../../../src/lib/planning/plan-file.ts'
import type {PlannedRun} from '../../../src/lib/planning/plan-workflow.ts'
import {PluginManager} from '../../../src/lib/plugins/plugin-manager.ts'
import {temporaryDir} from '../../rig/temporary-dir.ts'

const schemas = new SchemaCompiler()
const manifests = {
  tool: 'namespace: core\nname: tool\nversion: 1.0.0\nprotocol: exec\nactions: [{name: run, exec: [ls]}]\n',
  own: 'namespace: core\nname: own\nversion: 1.0.0\nprotocol: builtin\nactions: [{name: run}]\n',
}

async function plan(workflow: object): Promise<PlannedRun> {
  const cwd = temporaryDir()
  for (const [name, manifest] of Object.entries(manifests)) {
    mkdirSync(path.join(cwd, 'plugins', name), {recursive: true})
    writeFileSync(path.join(cwd, 'plugins', name, 'plugin.yaml'), manifest)
  }
  writeFileSync(path.join(cwd, 'w.yaml'), JSON.stringify({id: 'w', ...workflow}))
  const plugins = new PluginManager({
    paths: [{path: path.join(cwd, 'plugins'), origin: 'bundled'}],
    cacheDir: path.join(cwd, 'cache'),
    schemas,
    programVersion: '0',
  })
  const environmentFacts = {programHome: '/no/home', sockets: [], pluginDirs: [], configFiles: []}
  return await planFile(
    {file: 'w.yaml'},
    {plugins, schemas, cwd, readStdin: () => Promise.resolve(''), environmentFacts, ask: 'there is no terminal'},
  )
}

const task = (image: string, more: object = {}): object => ({id: 't', type: 'core/tool.run', container: {image}, ...more})

async function names(...tasks: readonly object[]): Promise<string[]> {
  const planned = await plan({vars: {tags: ['3.11', '3.12'], repository: 'python', twice: ['1', '1']}, tasks})
  return knownImages(planned).map(({image}) => image)
}

describe('the images that are known before a run', () => {
  it.each<[string, object, string[]]>([
    ['a name', task('alpine:3.20'), ['alpine:3.20']],
    ['a name with vars', task('{{ vars.repository }}:3.12'), ['python:3.12']],
    ['an axis of a matrix', task('python:{{ matrix.v }}', {matrix: {v: ['3.11', '3.12']}}), ['python:3.11', 'python:3.12']],
    ['an axis that is a var', task('python:{{ matrix.v }}', {matrix: {v: '{{ vars.tags }}'}}), ['python:3.11', 'python:3.12']],
    [
      'two axes, with what is excluded and included',
      task('{{ matrix.image }}:{{ matrix.v }}', {
        matrix: {image: ['a', 'b'], v: ['1', '2'], exclude: [{image: 'a', v: '2'}], include: [{image: 'c', v: '9'}]},
      }),
      ['a:1', 'b:1', 'b:2', 'c:9'],
    ],
    ['each once', task('{{ matrix.image }}', {matrix: {image: ['a', 'b'], v: [1, 2]}}), ['a', 'b']],
    ['items', task('python:{{ item }}', {forEach: {items: '{{ vars.tags }}'}}), ['python:3.11', 'python:3.12']],
    ['items by a name of their own', task('python:{{ tag }}', {forEach: {items: ['3'], as: 'tag', key: '{{ tag }}'}}), ['python:3']],
    ['a map', task('{{ item.key }}:{{ item.value }}', {forEach: {items: {redis: '7'}}}), ['redis:7']],
    ['none for what is no name of an image', task('{{ matrix.image }}', {matrix: {image: ['a', '--privileged', 'A B']}}), ['a']],
    ['none for items of which there are too many', task('a:{{ item }}', {forEach: {items: Array.from({length: 1001}, (_, n) => n)}}), []],
    ['none for items that cannot be made', task('a:{{ matrix.v }}', {matrix: {v: '{{ vars.twice }}'}}), []],
  ])('are %s', async (_what, written, expected) => {
    expect(await names(written)).toEqual(expected)
  })

  it('are not those that need what a task gives', async () => {
    const first = {id: 'first', type: 'core/tool.run'}
    const needs = ['first']
    const late = '{{ tasks.first.output }}'
    expect(await names(first, task(`a:${late}`, {needs}))).toEqual([])
    expect(await names(first, task('a:{{ item }}', {needs, forEach: {items: late}}))).toEqual([])
    expect(await names(first, task('a:{{ matrix.v }}', {needs, matrix: {v: ['1'], include: [{v: late}]}}))).toEqual([])
  })
})

describe('a Docker engine', () => {
  const [own, tool] = [
    {id: 'own', type: 'core/own.run'},
    {id: 'tool', type: 'core/tool.run'},
  ]
  it.each<[string, boolean, object]>([
    ['a trusted workflow', false, {tasks: [own, tool]}],
    ['a trusted workflow with a container', true, {tasks: [own, {...tool, container: 'a'}]}],
    ['a restricted workflow', true, {security: 'restricted', tasks: [own, tool]}],
    ['a restricted workflow that starts no program', false, {security: 'restricted', tasks: [own]}],
    ['a restricted workflow whose hook starts one', true, {security: 'restricted', tasks: [own], hooks: {finally: [tool]}}],
  ])('for %s is needed: %s', async (_what, isNeeded, workflow) => {
    expect(needsEngine(await plan(workflow))).toBe(isNeeded)
  })
})
