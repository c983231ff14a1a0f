// How the packages of a plugin get into its image: those of npm installed from a lock file, or sent as they are; those of Python by its own Dockerfile.

import {existsSync} from 'node:fs'
import path from 'node:path'
import type {Diagnostic} from '../errors/diagnostic.ts'
import {readPlainFile} from '../files/read-plain-file.ts'
import {sdkPackage} from '../plugins/build-entry.ts'

export interface PackagePlan {
  /** Lock file to install from. */
  readonly lockfile?: string
  /** Patterns for the .dockerignore to overrule. */
  readonly patterns: readonly string[]
  readonly warnings: readonly Diagnostic[]
}

const lockfiles = ['npm-shrinkwrap.json', 'package-lock.json']
const maxListBytes = 1024 * 1024
const nothing: PackagePlan = {patterns: [], warnings: []}

/** Looks at package.json and requirements.txt. */
export function planPackages(dir: string): PackagePlan {
  const plan = planNpm(dir)
  return {...plan, warnings: [...plan.warnings, ...warnAboutPython(dir)]}
}

/** The SDK is not installed as a package: the host brings it. */
function planNpm(dir: string): PackagePlan {
  const packageFile = path.join(dir, 'package.json')
  // Then nobody has said what they are for; without them, the plugin would work only as a process.
  if (!existsSync(packageFile) && existsSync(path.join(dir, 'node_modules'))) return {patterns: ['!node_modules'], warnings: []}
  const names = dependenciesOf(packageFile).filter((name) => name !== sdkPackage)
  if (names.length === 0) return nothing
  const lockfile = lockfiles.find((name) => existsSync(path.join(dir, name)))
  if (lockfile !== undefined) return {lockfile, patterns: [], warnings: []}
  if (existsSync(path.join(dir, 'node_modules'))) return {patterns: ['!node_modules'], warnings: []}
  const message = `the packages ${names.join(', ')} are not in the image: there is neither a lock file nor node_modules`
  const finding = {severity: 'warning', code: 'packages-missing', message, file: packageFile} as const
  return {patterns: [], warnings: [{...finding, hint: `npm install, in ${dir}`}]}
}

/** There are too many ways to install them for one to be guessed. */
function warnAboutPython(dir: string): Diagnostic[] {
  const file = path.join(dir, 'requirements.txt')
  if (!hasRequirements(file)) return []
  const message = 'the packages that requirements.txt lists are not in the image'
  const hint = `save what --print shows as ${path.join(dir, 'Dockerfile')}, and before USER add: RUN ["pip", "install", "--no-cache-dir", "-r", "/plugin/requirements.txt"]`
  return [{severity: 'warning', code: 'packages-missing', message, file, hint}]
}

function hasRequirements(file: string): boolean {
  try {
    const lines = readPlainFile(file, {maxBytes: maxListBytes}).toString('utf8').split('\n')
    return lines.some((line) => !/^(?:#|$)/.test(line.trim()))
  } catch {
    // There is none, or pip could not read it either.
    return false
  }
}

function dependenciesOf(file: string): string[] {
  try {
    const value: unknown = JSON.parse(readPlainFile(file, {maxBytes: maxListBytes}).toString('utf8'))
    if (typeof value !== 'object' || value === null || !('dependencies' in value)) return []
    return typeof value.dependencies === 'object' && value.dependencies !== null ? Object.keys(value.dependencies) : []
  } catch {
    // No package.json, or one that npm would complain about in its own words.
    return []
  }
}
