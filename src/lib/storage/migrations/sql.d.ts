// Migrations are imported as text; the bundler and the test runner are both told so.

declare module '*.sql' {
  const text: string
  export = text
}
