// The HTTP server of a gateway, as strict and as bounded as Node can make it.

import {createServer, type Server} from 'node:http'
import type {EgressLimits} from './limits.ts'

export function createGatewayServer({headerBytes, headerTimeoutMs, idleMs, connections}: EgressLimits): Server {
  const server = createServer({
    maxHeaderSize: headerBytes,
    headersTimeout: headerTimeoutMs,
    // A large upload may take its time; silence ends it.
    requestTimeout: 0,
    keepAliveTimeout: idleMs,
    connectionsCheckingInterval: Math.min(1000, headerTimeoutMs),
    insecureHTTPParser: false,
    // It would be answered unseen: neither counted nor logged.
    requireHostHeader: false,
  })
  server.maxConnections = connections
  server.timeout = idleMs
  return server
}
