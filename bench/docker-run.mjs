// `docker run` with the flags that containers of restricted tasks have: what they are compared with.

/**
 * @param {{image: string, command: string[], limits: {memoryBytes: number, cpus: number, pids: number, tmpBytes: number}, user: string}} what
 * @returns {import('./measure.mjs').Subject}
 */
export function dockerRun({image, command, limits, user}) {
  const flags = {
    network: 'none',
    'cap-drop': 'ALL',
    'security-opt': 'no-new-privileges',
    ipc: 'none',
    'log-driver': 'none',
    'pids-limit': limits.pids,
    memory: limits.memoryBytes,
    'memory-swap': limits.memoryBytes,
    cpus: limits.cpus,
    user,
    workdir: '/',
    tmpfs: `/tmp:size=${limits.tmpBytes}`,
    dns: '127.0.0.1',
  }
  return {
    name: 'docker run --rm',
    command: [
      ...['docker', 'run', '--rm', '--init', '--read-only', '--ulimit', 'core=0', '--ulimit', 'nofile=4096'],
      ...Object.entries(flags).flatMap(([name, value]) => [`--${name}`, `${value}`]),
      ...[image, ...command],
    ],
  }
}
