// Who or what has started a run, or goes on with it.

export type StartedBy =
  | {
      readonly kind: 'person'
      /** Login name. */
      readonly user: string
      /** Whether a terminal showed the command. */
      readonly terminal: boolean
    }
  | {
      /** A coding agent, as that user. */
      readonly kind: 'agent'
      readonly user: string
      /** The variable by which it says so: `CLAUDECODE`. */
      readonly agent: string
    }
  | {
      readonly kind: 'run'
      /** Id of the run that this one was made for. */
      readonly run: string
      readonly task: string
    }
