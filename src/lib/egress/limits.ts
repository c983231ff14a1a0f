// What one container may ask of its gateway at once. All limits of the gateway are here.

export interface EgressLimits {
  /** Open connections of the container. Further ones are closed at once. */
  readonly connections: number
  /** Of a request's head, in bytes. */
  readonly headerBytes: number
  /** For a request's head, and for a ClientHello. */
  readonly headerTimeoutMs: number
  /** Silence on a connection. */
  readonly idleMs: number
  /** Names that are looked up at the same time. */
  readonly lookups: number
  /** For the addresses of a name. */
  readonly lookupMs: number
}

export const defaultEgressLimits: EgressLimits = {
  connections: 256,
  headerBytes: 32 * 1024,
  headerTimeoutMs: 10_000,
  idleMs: 300_000,
  lookups: 16,
  lookupMs: 5000,
}
