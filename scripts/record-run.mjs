// Makes docs/images/run.svg: a run of examples/10-release.yaml on a real terminal (tmux), as it looked, moment by moment. No script is in the
// picture: style sheets show one frame after the other, and whoever prefers reduced motion sees the last one.
//   node scripts/record-run.mjs [OUT.svg]

import {execFileSync} from 'node:child_process'
import {mkdirSync, mkdtempSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {dirname, join, resolve} from 'node:path'
import {setTimeout as sleep} from 'node:timers/promises'
import {fileURLToPath} from 'node:url'

const root = resolve(dirname(fileURLToPath(import.meta.url)), '..')
const columns = 96
const rows = 24
const frameMs = 100
/** How long the last frame stays before it begins again. */
const restMs = 6000
const cell = {width: 8.43, height: 18, font: 14}
const colors = {31: '#f47067', 32: '#57ab5a', 33: '#c69026', 34: '#539bf5', dim: '#768390', text: '#adbac7', ground: '#22272e'}
const command = 'workflow run examples/10-release.yaml'

/** @returns {Promise<{atMs: number, screen: string}[]>} screens with their escape sequences, each one different from the one before */
async function record() {
  const dir = mkdtempSync(join(tmpdir(), 'record-'))
  const tmux = (/** @type {string[]} */ ...args) => execFileSync('tmux', ['-u', '-S', join(dir, 'socket'), ...args], {encoding: 'utf8'})
  const words = [process.execPath, join(root, 'bin/run.js'), ...command.split(' ').slice(1)]
  const script = `cd '${root}'; AUTOKESTRA_HOME='${dir}/home' LANG=C.UTF-8 ${words.join(' ')}; echo ended > '${dir}/ended'; sleep 60`
  writeFileSync(join(dir, 'record.sh'), script)
  try {
    tmux('-f', '/dev/null', 'new-session', '-d', '-x', String(columns), '-y', String(rows), `sh ${join(dir, 'record.sh')}`)
    const startedAt = performance.now()
    /** @type {{atMs: number, screen: string}[]} */
    const frames = []
    for (let isEnded = false; !isEnded;) {
      isEnded = execFileSync('sh', ['-c', `test -f '${dir}/ended' && echo yes || true`], {encoding: 'utf8'}) !== ''
      const screen = tmux('capture-pane', '-p', '-e').trimEnd()
      if (screen !== frames.at(-1)?.screen) frames.push({atMs: Math.round(performance.now() - startedAt), screen})
      if (performance.now() - startedAt > 60_000) throw new Error('the run did not end within a minute')
      await sleep(frameMs)
    }
    return frames
  } finally {
    tmux('kill-server')
    rmSync(dir, {recursive: true})
  }
}

const sgr = new RegExp(`(${String.fromCharCode(27)}\\[[0-9;]*m)`)

/** A screen as lines of SVG text. @param {string} screen */
export function drawScreen(screen) {
  return screen
    .split('\n')
    .map((line, index) => (line === '' ? '' : `<text y="${String((index + 2) * cell.height)}">${drawLine(line)}</text>`))
    .join('')
}

/** @param {string} line text with SGR sequences, the only ones a captured pane has */
function drawLine(line) {
  let style = {color: colors.text, isBold: false}
  return line
    .split(sgr)
    .map((part) => {
      if (!part.startsWith('\x1b['))
        return part === '' ? '' : `<tspan fill="${style.color}"${style.isBold ? ' font-weight="bold"' : ''}>${escape(part)}</tspan>`
      for (const code of part.slice(2, -1).split(';').map(Number)) {
        if (code === 0) style = {color: colors.text, isBold: false}
        else if (code === 1) style = {...style, isBold: true}
        else if (code === 2) style = {...style, color: colors.dim}
        else if (code === 22) style = {color: colors.text, isBold: false}
        else if (code === 39) style = {...style, color: colors.text}
        else if (code === 31 || code === 32 || code === 33 || code === 34) style = {...style, color: colors[code]}
      }
      return ''
    })
    .join('')
}

/** @param {string} text */
function escape(text) {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
}

/** @param {{atMs: number, screen: string}[]} frames */
export function drawRecording(frames) {
  const last = frames.at(-1)
  if (last === undefined) throw new Error('nothing was recorded')
  const totalMs = last.atMs + restMs
  const width = Math.ceil(columns * cell.width) + 32
  const lines = Math.max(...frames.map(({screen}) => screen.split('\n').length)) + 1
  const height = (lines + 1) * cell.height + 16
  const percent = (/** @type {number} */ ms) => ((ms / totalMs) * 100).toFixed(2)
  const rules = frames.slice(0, -1).map(({atMs}, index) => {
    const endMs = frames[index + 1]?.atMs ?? totalMs
    const before = atMs === frames[0]?.atMs ? '' : `0%{opacity:0}${percent(atMs)}%{opacity:0}`
    return `@keyframes f${String(index)}{${before}${percent(before === '' ? 0 : atMs + 0.1)}%{opacity:1}${percent(endMs)}%{opacity:1}${percent(endMs + 0.1)}%{opacity:0}100%{opacity:0}}#f${String(index)}{animation:f${String(index)} ${String(totalMs)}ms step-end infinite}`
  })
  const final = frames.length - 1
  const style = `text{font:${String(cell.font)}px ui-monospace,SFMono-Regular,Menlo,Consolas,"DejaVu Sans Mono",monospace;white-space:pre}g.f{opacity:0}@keyframes f${String(final)}{0%{opacity:0}${percent(last.atMs)}%{opacity:1}100%{opacity:1}}#f${String(final)}{opacity:1;animation:f${String(final)} ${String(totalMs)}ms step-end infinite}${rules.join('')}@media (prefers-reduced-motion:reduce){g.f{animation:none!important}}`
  const prompt = `<text y="${String(cell.height)}"><tspan fill="${colors[32]}">$ </tspan><tspan fill="${colors.text}">${escape(command)}</tspan></text>`
  const groups = frames.map(({screen}, index) => `<g class="f" id="f${String(index)}">${drawScreen(screen)}</g>`)
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${String(width)}" height="${String(height)}" viewBox="0 0 ${String(width)} ${String(height)}" role="img" aria-label="A run of a workflow on a terminal"><style>${style}</style><rect width="100%" height="100%" rx="8" fill="${colors.ground}"/><g transform="translate(16 8)" xml:space="preserve">${prompt}${groups.join('\n')}</g></svg>\n`
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const out = process.argv[2] ?? join(root, 'docs', 'images', 'run.svg')
  const frames = await record()
  mkdirSync(dirname(out), {recursive: true})
  writeFileSync(out, drawRecording(frames))
  console.log(`${out}: ${String(frames.length)} frames`)
}
