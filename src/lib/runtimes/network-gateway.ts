// The port through which DockerRuntime gives a container its only way out. A container without a gateway has no network.

import type {Mount, NetworkGrant} from './sandbox.ts'

/** A request that did not get through. */
export interface Refusal {
  /** e.g. `GET`, `CONNECT`. */
  readonly method: string
  /** What was asked for, as `scheme://host:port/path` or as much of it as is known. Made of the program's own text: not to be trusted. */
  readonly target: string
  /** A clause: `no rule grants this host`. */
  readonly reason: string
  /** The narrowest grant that would let it pass; absent when none ever does. */
  readonly allowingRule?: string
  /** About how it was asked, not about what is granted: another attempt may get through. */
  readonly isTechnical?: true
}

export interface NetworkActivity {
  /** Requests and connections that were let through. */
  readonly requests: number
  readonly refused: number
}

export interface GatewayContext {
  /** Ids the program runs under: it must be able to reach the gateway's socket, and no other user need. */
  readonly uid: number
  readonly gid: number
  /** Called once for each refusal, also while the gateway closes. */
  readonly onRefused: (refusal: Refusal) => void
}

/** A gateway that stands open for one container. */
export interface OpenGateway {
  /** The directory that holds the socket; read-only in the container. */
  readonly mount: Mount
  /** Variables that say where the gateway is. */
  readonly env: Readonly<Record<string, string>>
  /** Variables by which programs find the HTTP proxy on loopback, where something listens for them. */
  readonly clientEnv: Readonly<Record<string, string>>
  /** Path of the container's hosts file on this machine, with `localhost` and the names of the grant. */
  readonly hostsFile: string
  /** So far. */
  readonly activity: NetworkActivity
  /** Ends every connection and removes the socket. Idempotent. Answers what went through in all. */
  close(): Promise<NetworkActivity>
}

export interface NetworkGateway {
  /** Opens a gateway of its own for one container: its socket gives exactly this grant. */
  open(grant: NetworkGrant, context: GatewayContext): Promise<OpenGateway>
}
