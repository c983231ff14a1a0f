// A small shell that outlives this process by a moment: when the process dies without a goodbye, the shell ends what it had started.

import {spawn, type ChildProcess} from 'node:child_process'
import {Socket} from 'node:net'
import {tmpdir} from 'node:os'
import {hasProcFs} from '../util/proc-stat.ts'
import {sharedMemoryDir} from './named-pipes.ts'

const goodbye = 'bye'

// $1: what the tags of this owner begin with; the rest: directories to remove, as patterns.
// Two looks at each process: its number may have gone to another one since the first. Only a start time that is the same before and after the second
// look proves that it is the process whose environment was read. Members of
// the group that a process leads end with it, mark or no mark. The limit of rounds is for a process that cannot be killed.
const script = `
trap '' HUP INT QUIT TERM PIPE ALRM USR1 USR2 TSTP
while read -r line; do [ "$line" != ${goodbye} ] || exit 0; done
start_of() {
  start= stat=
  while IFS= read -r line; do stat="$stat $line"; done <"$1/stat" || return 0
  set -- \${stat##*) }
  start=\${20}
}
mark=$1
shift
cd /proc || exit 1
round=0
while [ $round -lt 500 ]; do
  round=$((round + 1))
  suspects=$(grep -lsF -e "$mark" [0-9]*/environ)
  [ -n "$suspects" ] || break
  for file in $suspects; do start_of "\${file%/*}"; eval "start_\${file%/*}=\\$start"; done
  for file in $(grep -lsF -e "$mark" $suspects); do
    pid=\${file%/*}
    start_of "$pid"
    eval "known=\\$start_$pid"
    [ "$start" != "$known" ] || kill -KILL "$pid" "-$pid"
  done
done
for pattern; do rm -rf "$pattern"*; done
`

/** One for each runtime. It costs the start of one shell, and nothing for each task. */
export class Watchdog {
  readonly #child: ChildProcess

  /** Undefined where there is no /proc to find processes by, or no shell: what is left behind is then found by the next run. */
  static start(tagPrefix: string, directoryPrefix: string): Watchdog | undefined {
    if (!hasProcFs) return undefined
    try {
      const child = spawn('/bin/sh', ['-c', script, 'watchdog', tagPrefix, ...placesOf(directoryPrefix)], {
        // Its only tie to this process is the input: no output, no directory, no terminal, no environment is held or inherited.
        stdio: ['pipe', 'ignore', 'ignore'],
        env: {PATH: '/usr/bin:/bin', LC_ALL: 'C'},
        cwd: '/',
        detached: true,
      })
      // Said by the missing pid.
      child.on('error', () => undefined)
      return child.pid === undefined ? undefined : new Watchdog(child)
    } catch {
      // No memory for it. The start of the program itself, which follows, says so when it fails, too.
      return undefined
    }
  }

  private constructor(child: ChildProcess) {
    this.#child = child
    child.stdin?.on('error', () => undefined)
    child.unref()
    // A pipe is a socket to Node, which keeps a program alive unless configured otherwise.
    if (child.stdin instanceof Socket) child.stdin.unref()
  }

  /** Nothing is left that it would have to end. */
  dismiss(): void {
    this.#child.stdin?.end(`${goodbye}\n`)
  }

  /** Ends everything now, without this process having to die first. */
  release(): void {
    this.#child.stdin?.end()
  }
}

function placesOf(directoryPrefix: string): string[] {
  return [...new Set([sharedMemoryDir, tmpdir()])].map((place) => `${place}/${directoryPrefix}`)
}
