// The parts of an image's name, as the engine reads them.

/** The registry when a name has none; under this key its credentials are kept. */
export const defaultRegistry = 'https://index.docker.io/v1/'

/** `ghcr.io`, `localhost:5000`, or the key of Docker Hub. */
export function registryOf(reference: string): string {
  const [first = '', ...rest] = reference.split('/')
  const isHost = rest.length > 0 && (first.includes('.') || first.includes(':') || first === 'localhost')
  if (!isHost || first === 'docker.io' || first === 'index.docker.io') return defaultRegistry
  return first
}

/** With the tag that a name without one stands for: otherwise all tags would be pulled. */
export function withTag(reference: string): string {
  const name = reference.slice(reference.lastIndexOf('/') + 1)
  return name.includes(':') || name.includes('@') ? reference : `${reference}:latest`
}
