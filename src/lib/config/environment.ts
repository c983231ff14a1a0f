// The environment of this program, by meaning. The only file that reads `process.env`; everybody else gets values handed in.

import {processTagVariable} from '../runtimes/runtime.ts'

/** Environment variables by name. */
export type Variables = Readonly<Record<string, string | undefined>>

export interface Environment {
  /**
   * All of it: tasks inherit of it, a secret may be a variable of its name, the command of the master key gets it, and Docker's variables mean what they
   * mean to Docker's own command.
   */
  readonly variables: Variables
  /** The variable by which a build server or a coding agent says that no user can answer questions or watch a live display. */
  readonly unattendedBy: string | undefined
  /** The variable by which a coding agent says that it runs this command. */
  readonly agent: string | undefined
  readonly isGithubActions: boolean
  /** `DEBUG`: errors are shown with their stacks. */
  readonly isDebug: boolean
  /** `NODE_DEBUG`: Node prints what it does to stderr, environments of processes included. */
  readonly isNodeDebug: boolean
  readonly terminal: {
    /** NO_COLOR (no-color.org) wins over FORCE_COLOR. Undefined: each stream decides. */
    readonly isColored: boolean | undefined
    readonly isDumb: boolean
    /** Otherwise only ASCII can be shown. */
    readonly hasUnicode: boolean
  }
  /** The mark of the task that this program is itself, if it runs in a task of another run. */
  readonly outerTag: string | undefined
}

/** Coding agents set one of these for the commands they run. The first is the common one. */
const agentMarkers = ['AI_AGENT', 'CLAUDECODE', 'CURSOR_AGENT', 'CODEX_SANDBOX', 'GEMINI_CLI', 'OPENCODE', 'AUGMENT_AGENT', 'CLINE_ACTIVE']

/** Read once, when a command starts. */
export function readEnvironment(variables: Variables = {...process.env}): Environment {
  const agent = agentMarkers.find((name) => isSet(variables[name]))
  const {CI, DEBUG, GITHUB_ACTIONS, NODE_DEBUG, TERM} = variables
  return {
    variables,
    unattendedBy: isSet(CI) && CI !== 'false' ? 'CI' : agent,
    agent,
    isGithubActions: GITHUB_ACTIONS === 'true',
    isDebug: isSet(DEBUG),
    isNodeDebug: NODE_DEBUG !== undefined,
    terminal: {isColored: readColor(variables), isDumb: TERM === 'dumb', hasUnicode: readUnicode(variables)},
    outerTag: variables[processTagVariable],
  }
}

function readColor({NO_COLOR, FORCE_COLOR}: Variables): boolean | undefined {
  // Both are honoured only when not empty, as no-color.org says.
  if (isSet(NO_COLOR)) return false
  return isSet(FORCE_COLOR) ? FORCE_COLOR !== '0' && FORCE_COLOR !== 'false' : undefined
}

function readUnicode({TERM, CI, LC_ALL, LC_CTYPE, LANG}: Variables): boolean {
  if (TERM === 'dumb' || TERM === 'linux') return false
  // POSIX: the first of these that is set and not empty decides.
  const locale = [LC_ALL, LC_CTYPE, LANG].find(isSet)
  return locale === undefined ? isSet(CI) : /utf-?8/i.test(locale)
}

function isSet(text: string | undefined): text is string {
  return text !== undefined && text !== ''
}
