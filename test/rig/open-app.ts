// The program without a command line: an App in this process, with streams that keep what is written to them. Call it inside a test.

import {PassThrough} from 'node:stream'
import {onTestFinished} from 'vitest'
import {App} from '../../src/lib/app/app.ts'
import {readEnvironment} from '../../src/lib/config/environment.ts'
import {capturedUi} from './captured-ui.ts'
import {temporaryDir} from './temporary-dir.ts'
import {packageRoot} from './workflow-command.ts'

export interface OpenedApp {
  readonly app: App
  readonly home: string
  /** What was shown so far. */
  shown(): string
}

/** @param env besides PATH and the home */
export function openApp(env: Readonly<Record<string, string>> = {}): OpenedApp {
  const home = temporaryDir()
  const {ui, stdout, stderr} = capturedUi()
  const app = new App({
    root: packageRoot,
    version: '0.0.0',
    command: 'run',
    cwd: temporaryDir(),
    environment: readEnvironment({PATH: process.env['PATH'], HOME: home, AUTOKESTRA_HOME: home, ...env}),
    stdin: new PassThrough(),
    stderr: new PassThrough(),
    ui,
  })
  onTestFinished(async () => {
    app.killAll()
    await app.close()
  })
  return {app, home, shown: () => stdout.text + stderr.text}
}
