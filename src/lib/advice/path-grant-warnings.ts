// Granted paths that hold more than they seem to: a whole disk, a home, secrets, or what the next run is made of.

import path from 'node:path'
import type {GrantWarning} from './grant-warning.ts'

const secretPlaces = [
  '.ssh',
  '.aws',
  '.gnupg',
  '.kube',
  '.docker',
  '.azure',
  '.config/gcloud',
  '.password-store',
  '.autokestra',
  '.netrc',
  '.npmrc',
  '.pypirc',
]
const systemDirs = ['/bin', '/boot', '/dev', '/etc', '/lib', '/lib64', '/opt', '/proc', '/root', '/run', '/sbin', '/sys', '/usr', '/var']

/** `text`: as written; relative to the workflow file, absolute, or from `~`. */
export function checkPathGrant(text: string, access: 'read' | 'write'): GrantWarning[] {
  const normal = path.posix.normalize(text).replace(/(?<=.)\/$/, '')
  const shown = `filesystem.${access} ${text}`
  if (normal === '/') return [{code: 'whole-disk', message: `${shown} grants the whole disk`, hint: 'name the directory the plugin needs'}]
  if (isHome(normal))
    return [
      {
        code: 'home-directory',
        message: `${shown} grants a whole home directory, with all its secrets`,
        hint: 'name the directory the plugin needs',
      },
    ]
  const parts = normal.split('/')
  if (
    secretPlaces.some((place) => `/${normal}/`.includes(`/${place}/`)) ||
    parts.some((part) => /^\.env(?:\..+)?$|^secrets?$/.test(part))
  ) {
    return [{code: 'secret-directory', message: `${shown} is where secrets are kept`, hint: 'pass secrets to the plugin as inputs'}]
  }
  if (/\.sock(?:et)?$/.test(normal))
    return [
      {code: 'socket', message: `${shown} is a socket: the program behind it does the work`, hint: 'grant files and directories only'},
    ]
  if (systemDirs.some((dir) => normal === dir || normal.startsWith(`${dir}/`)) && !normal.startsWith('/var/lib/')) {
    return [{code: 'system-directory', message: `${shown} belongs to the system`, hint: 'copy what the plugin needs into the project'}]
  }
  if (parts.includes('.git')) {
    const why = access === 'write' ? 'its hooks run as you' : 'it holds the whole history of the project'
    return [{code: 'git-directory', message: `${shown}: ${why}`, hint: 'grant the files, not the repository'}]
  }
  if (parts[0] === '..')
    return [{code: 'outside-project', message: `${shown} points outside the directory of the workflow`, hint: 'grant a directory in it'}]
  if (normal === '.' && access === 'write') {
    const message = `${shown} grants the directory of the workflow itself: the plugin can change the workflow and the other plugins`
    return [{code: 'project-writable', message, hint: 'grant a directory for its results, such as ./out'}]
  }
  return []
}

function isHome(normal: string): boolean {
  return /^(?:~|~\/?\*+|\/root|\/home(?:\/[^/]+)?|\/Users(?:\/[^/]+)?|\$HOME|\$\{HOME\})$/.test(normal)
}
