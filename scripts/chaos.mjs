// Kills runs for longer than the tests do: node scripts/chaos.mjs [--kills 2000] [--seed N] [--shape chain,hooks] [--keep DIR]. Build first.

import {spawnSync} from 'node:child_process'
import {join} from 'node:path'
import {parseArgs} from 'node:util'
import {root} from './build.mjs'

const text = {type: 'string'}
const {values} = parseArgs({options: {kills: {...text, default: '2000'}, seed: text, shape: text, keep: text}})
const settings = Object.fromEntries(Object.entries(values).map(([name, value]) => [`CHAOS_${name.toUpperCase()}`, value]))
const args = [join(root, 'node_modules/vitest/vitest.mjs'), 'run', '--project', 'machine', 'test/anomalies/chaos.test.ts']
process.exitCode = spawnSync(process.execPath, args, {cwd: root, env: {...process.env, ...settings}, stdio: 'inherit'}).status ?? 1
