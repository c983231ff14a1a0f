// Migrations are imported as text; the bundler and the test runner are configured for it.

declare module '*.sql' {
  const text: string
  export = text
}
