// `workflow runs prune` over many runs, and how long a process waits that appends events at the same time.
// node bench/prune.mjs [RUNS]

import {spawn, spawnSync} from 'node:child_process'
import {mkdtempSync, rmSync, statSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import path from 'node:path'
import Database from 'better-sqlite3'

const runs = Number(process.argv[2] ?? 50_000)
const bin = path.join(import.meta.dirname, '..', 'bin', 'run.js')
const home = mkdtempSync(path.join(tmpdir(), 'bench-prune-'))
const env = {...process.env, AUTOKESTRA_HOME: home}
try {
  writeFileSync(path.join(home, 'w.yaml'), 'id: w\ntasks: [{id: a, type: core/shell.run, inputs: {command: echo hi}}]\n')
  const first = spawnSync(process.execPath, [bin, 'run', path.join(home, 'w.yaml'), '-q'], {env})
  if (first.status !== 0) throw new Error(String(first.stderr))
  const file = path.join(home, 'autokestra.db')
  const db = new Database(file, {timeout: 20_000})
  db.pragma('synchronous = NORMAL')
  fill(db, runs)
  show('alone', await appendWhile(db, spawn(process.execPath, ['-e', 'setTimeout(() => {}, 20_000)'])))
  const before = statSync(file).size
  const began = performance.now()
  show(
    'while runs are removed',
    await appendWhile(
      db,
      spawn(process.execPath, [bin, 'runs', 'prune', '--older-than', '1d'], {env, stdio: ['ignore', 'inherit', 'inherit']}),
    ),
  )
  console.log(`took ${((performance.now() - began) / 1000).toFixed(1)} s`)
  console.log(`runs left: ${db.prepare('SELECT count(*) FROM runs').pluck().get()}; file ${mib(before)} -> ${mib(statSync(file).size)}`)
  db.close()
} finally {
  rmSync(home, {recursive: true, force: true})
}

/** Copies of a run of three tasks, with ten lines of log. */
function fill(db, count) {
  const run =
    db.prepare(`INSERT INTO runs (id, workflow_id, file, started_at, finished_at, status, duration_ms, owner_pid, owner_start_time, owner_system, events_version)
    VALUES (?, 'w', '/w.yaml', '2026-01-01T00:00:00.000Z', '2026-01-01T00:00:01.000Z', 'succeeded', 1000, 1, '1', 'x', 2)`)
  const event = db.prepare("INSERT INTO events (run_number, seq, type, task, attempt, line) VALUES (?, ?, 'task.started', 'a', 1, ?)")
  const line = db.prepare("INSERT INTO log_lines (run_number, after_seq, task, attempt, line_number, line) VALUES (?, 2, 'a', 1, ?, ?)")
  const text = JSON.stringify({text: 'x'.repeat(150)})
  for (let from = 0; from < count; from += 1000) {
    db.transaction(() => {
      for (let number = from; number < Math.min(count, from + 1000); number += 1) {
        const {lastInsertRowid} = run.run(`20260101-000000-${number.toString(16).padStart(6, '0')}`)
        for (let seq = 1; seq <= 8; seq += 1) event.run(lastInsertRowid, seq, text)
        for (let at = 1; at <= 10; at += 1) line.run(lastInsertRowid, at, text)
      }
    })()
  }
  db.pragma('wal_checkpoint(TRUNCATE)')
}

/** As a run does it: a transaction for each event, some milliseconds apart. */
async function appendWhile(db, child) {
  const run = db.prepare("SELECT number FROM runs WHERE file <> '/w.yaml'").pluck().get()
  const event = db.prepare("INSERT INTO events (run_number, seq, type, task, attempt, line) VALUES (?, ?, 'task.started', 'a', 1, '{}')")
  const append = db.transaction((seq) => event.run(run, seq))
  const waits = []
  let isOver = false
  child.on('exit', () => (isOver = true))
  const first = db.prepare('SELECT max(seq) + 1 FROM events WHERE run_number = ?').pluck().get(run)
  for (let seq = first; !isOver; seq += 1) {
    const from = performance.now()
    append.immediate(seq)
    waits.push(performance.now() - from)
    await new Promise((resolve) => setTimeout(resolve, 2 + Math.random() * 6))
  }
  return waits
}

function show(when, waits) {
  waits.sort((a, b) => a - b)
  const at = (share) => `${waits[Math.min(waits.length - 1, Math.floor(waits.length * share))].toFixed(1)} ms`
  console.log(`${waits.length} appends ${when}: median ${at(0.5)}, 99 % ${at(0.99)}, longest ${at(1)}`)
}

function mib(bytes) {
  return `${(bytes / 1024 ** 2).toFixed(1)} MiB`
}
