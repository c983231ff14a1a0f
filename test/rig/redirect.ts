// A command that finds the tests' servers, which are on loopback, behind an address of a private network: the network gateway refuses loopback.

import {writeFiles} from './plugin-dir.ts'
import {temporaryDir} from './temporary-dir.ts'

/** Stands for 127.0.0.1 in a command with the environment of {@link redirectEnv}. */
export const redirectedAddress = '10.99.0.1'

/** Call it inside a test. */
export function redirectEnv(): {readonly NODE_OPTIONS: string} {
  const dir = writeFiles(temporaryDir(), {
    'redirect.cjs': `const net = require('node:net')
const {connect} = net
// From another address than its own: a connection to oneself is refused.
const there = {host: '127.0.0.1', localAddress: '127.0.0.2'}
net.connect = (options, ...rest) => connect(options.host === '${redirectedAddress}' ? {...options, ...there} : options, ...rest)
`,
  })
  return {NODE_OPTIONS: `--require ${dir}/redirect.cjs`}
}
