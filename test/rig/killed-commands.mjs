// Starts a command over and over, kills it at a random moment, and looks for what is left of it. Meant to be alone in a pid namespace.
// A later command would end what an earlier one has left, so there is one at a time.
// Argument: JSON {command, dir, home, workflows, kills, longestMs, limitMs}. Prints one JSON document.

import {spawn} from 'node:child_process'
import {readdirSync, readFileSync} from 'node:fs'
import {constants} from 'node:os'
import {setTimeout as sleep} from 'node:timers/promises'

const {command, dir, home, workflows, kills, longestMs, limitMs} = JSON.parse(process.argv[2])
const signals = ['SIGKILL', 'SIGKILL', 'SIGKILL', 'SIGQUIT', 'SIGKILL', 'SIGABRT']
const isAlone = process.pid === 1

function read(file) {
  try {
    return readFileSync(file, 'latin1')
  } catch {
    return ''
  }
}

function processes() {
  return readdirSync('/proc').flatMap((name) => {
    const stat = read(`/proc/${name}/stat`)
    if (!/^\d+$/.test(name) || Number(name) === process.pid || stat === '' || /^[ZX]/.test(stat.slice(stat.lastIndexOf(')') + 2))) return []
    return [{pid: Number(name), text: read(`/proc/${name}/cmdline`) + '\0' + read(`/proc/${name}/environ`)}]
  })
}

/** A mark that begins with the number of that command is in the environment, or in the arguments, of all that it has started. */
function leftOf(pid) {
  return processes().filter(({text}) => new RegExp(`[\\0=,]${pid}:\\d+:[0-9a-f]{8}-`).test(text))
}

function describe({pid, text}) {
  return `${pid} ${text.replaceAll('\0', ' ').slice(0, 120)}`
}

async function waitUntilNone(find) {
  const deadline = performance.now() + limitMs
  let found = find()
  while (found.length > 0 && performance.now() < deadline) {
    await sleep(10)
    found = find()
  }
  return found.map(describe)
}

const pids = []
const left = []
let withChildren = 0

async function killOne(index) {
  const child = spawn(command[0], [...command.slice(1), 'run', workflows[index % workflows.length]], {
    cwd: dir,
    env: {PATH: process.env.PATH, HOME: home, AUTOKESTRA_HOME: home},
    stdio: 'ignore',
  })
  const exited = new Promise((resolve) => child.once('exit', resolve))
  // Every other one at any moment from its start; the rest while it runs tasks, however slow this machine is.
  if (index % 2 === 0) await sleep(Math.random() * longestMs)
  else {
    while (child.exitCode === null && leftOf(child.pid).length < 2) await sleep(5)
    await sleep(Math.random() * 100)
  }
  if (leftOf(child.pid).length > 1) withChildren += 1
  const signal = signals[index % signals.length]
  process.kill(child.pid, constants.signals[signal])
  await exited
  pids.push(child.pid)
  for (const process of await waitUntilNone(() => leftOf(child.pid))) left.push(`after ${signal}: ${process}`)
}

for (let index = 0; index < kills; index += 1) await killOne(index)
if (isAlone) left.push(...(await waitUntilNone(processes)))
const directories = readdirSync('/dev/shm').filter((name) => pids.some((pid) => name.startsWith(`autokestra-${pid}-`)))
console.log(JSON.stringify({isAlone, kills: pids.length, withChildren, left: left.slice(0, 20), directories}))
