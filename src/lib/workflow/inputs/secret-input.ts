// Inputs that look like secrets. The values of inputs are stored with the run and shown, those of secrets are not.

/** Ends of names that hold nothing but secrets. */
const ends =
  /^(?:.*_)?(?:password|passwd|passphrase|secret|credentials?|(?:api|private|secret|access)_?key|(?:access|auth|api|bearer|refresh)_?token)$/
const whole = /^(?:token|pat)$/

/** Whether the name of an input says that its value is a secret. */
export function isSecretName(name: string): boolean {
  const snake = toSnakeCase(name)
  return whole.test(snake) || ends.test(snake)
}

/** What to write instead of an input. */
export function secretHint(name: string): string {
  const secret = toSnakeCase(name).toUpperCase()
  return `write secrets: [${secret}], read {{ secrets.${secret} }}, and store it with: workflow secrets set ${secret}`
}

function toSnakeCase(name: string): string {
  return name.replace(/([a-z0-9])([A-Z])/g, '$1_$2').toLowerCase()
}
