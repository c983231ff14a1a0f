// Files that look as if they held secrets, among those that would go into an image: everyone who gets the image gets them.

import path from 'node:path'
import type {Diagnostic} from '../errors/diagnostic.ts'

const patterns: readonly RegExp[] = [
  /^\.env(?:\..+)?$/,
  /\.(?:pem|key|p12|pfx|jks|keystore)$/i,
  /^id_(?:rsa|dsa|ecdsa|ed25519)(?:_sk)?$/,
  /^\.(?:npmrc|netrc|pypirc|pgpass|htpasswd|git-credentials)$/,
  /^(?:credentials|service-account|secrets?)\.(?:json|ya?ml|toml|ini)$/i,
]

/** Directories whose files are secrets by custom. */
const secretDirs = new Set(['.ssh', '.aws', '.gnupg', '.kube', '.docker'])

/** Templates that are meant to be read by others. */
const harmless = /^\.env\.(?:example|sample|template|dist|defaults?)$/

/** A warning for each. `dir`: of the plugin, absolute. */
export function findSecretFiles(dir: string, entries: readonly {readonly path: string; readonly kind: string}[]): Diagnostic[] {
  return entries.flatMap(({path: name, kind}) =>
    kind === 'directory' || !isSecret(name)
      ? []
      : [
          {
            severity: 'warning' as const,
            code: 'secret-file',
            message: `${name} looks like it holds a secret, and would go into the image`,
            file: path.join(dir, name),
            hint: `keep it out: add ${name} to .dockerignore, and pass secrets to the plugin as inputs`,
          },
        ],
  )
}

function isSecret(name: string): boolean {
  const parts = name.split('/')
  const base = parts.at(-1) ?? name
  // Packages bring certificates and example keys along.
  if (parts.includes('node_modules') || harmless.test(base)) return false
  return patterns.some((pattern) => pattern.test(base)) || parts.slice(0, -1).some((part) => secretDirs.has(part))
}
