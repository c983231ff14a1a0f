// How text looks in URLs and forms: which characters stay as they are differs between the standards and between libraries.

/** What is escaped, apart from bytes outside of ASCII. */
const escaped = {
  // encodeURIComponent; RFC 3986 (curl, PHP); the same but `/` (Python).
  component: /[^\w.~!*'()-]/gu,
  strict: /[^\w.~-]/gu,
  path: /[^\w.~/-]/gu,
  // Forms: WHATWG and Java; Python.
  form: /[^\w.*-]/gu,
  formTilde: /[^\w.~-]/gu,
  // User and password: WHATWG; Go.
  user: /[\s\p{Cc}"#<>?`{}/:;=@[\\\]^|]|[^\p{ASCII}]/gu,
  goUser: /[^\w.~$&+,;=-]/gu,
  // encodeURI; the WHATWG's path and query.
  whole: /[^\w.~!*'();/?:@&=+$,#-]/gu,
  pathname: /[\s\p{Cc}"#<>?`{}^]|[^\p{ASCII}]/gu,
  // The same before `^` was added, as Node 20 and many others write it.
  oldPathname: /[\s\p{Cc}"#<>?`{}]|[^\p{ASCII}]/gu,
  query: /[\s\p{Cc}"#<>']|[^\p{ASCII}]/gu,
} as const

/** Percent-encoded forms, both hex cases; the strictest also encoded twice. */
export function urlForms(text: string): string[] {
  const forms = Object.values(escaped).map((pattern) => text.replace(pattern, percent))
  for (const pattern of [escaped.form, escaped.formTilde])
    forms.push(text.replace(pattern, (found) => (found === ' ' ? '+' : percent(found))))
  forms.push(text.replace(escaped.strict, percent).replaceAll('%', '%25'), text.replace(escaped.component, percent).replaceAll('%', '%25'))
  return [...forms, ...forms.map((form) => form.replace(/%(?:25)*[\dA-F]{2}/g, (found) => found.toLowerCase()))]
}

function percent(found: string): string {
  return Array.from(Buffer.from(found), (byte) => `%${byte.toString(16).toUpperCase().padStart(2, '0')}`).join('')
}
