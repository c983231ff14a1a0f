// The program `node relay.js`: it listens on loopback for the clients of a container whose own program is not the host of the SDK, and leads them to the
// sandbox's proxy. It runs in a container of its own that shares the network with the other one. It reads AUTOKESTRA_EGRESS_SOCKET and
// AUTOKESTRA_EGRESS_FORWARD, says `ready` or why it cannot be, and ends with its input.

import process from 'node:process'
import {listen, parseForwards} from './host/loopback.ts'

const {AUTOKESTRA_EGRESS_SOCKET: socketPath = '', AUTOKESTRA_EGRESS_FORWARD: forwards = ''} = process.env

const exit = (): void => {
  process.exit()
}
process.stdin.on('end', exit).on('error', exit).resume()

// A name without its listener is refused as every connection is where nothing listens; without the proxy itself nothing would be reached.
const problems = await Promise.all(
  parseForwards(forwards).map(async (forward) => ({problem: await listen(forward, socketPath), isProxy: forward.target === undefined})),
)
const fatal = problems.find(({problem, isProxy}) => isProxy && problem !== undefined)
process.stdout.write(`${fatal?.problem ?? 'ready'}\n`)
