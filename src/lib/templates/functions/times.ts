// Times as texts, and durations with days and weeks. Formats are those of Unicode (yyyy-MM-dd), as Java, Swift and Kestra have them.

import {Duration} from '@marcbachmann/cel-js/evaluator'
import {FunctionError} from './function-error.ts'
import type {AddFunction} from './add-function.ts'

export function addTimeFunctions(add: AddFunction): void {
  add('formatTime(dyn, string): string', (time: unknown, format: string) => formatTime(time, format, 'UTC'))
  add('formatTime(dyn, string, string): string', formatTime)
}

const maxFormatLength = 200
const months = 'January February March April May June July August September October November December'.split(' ')
const weekdays = 'Sunday Monday Tuesday Wednesday Thursday Friday Saturday'.split(' ')

interface Moment {
  readonly year: number
  /** 1 to 12. */
  readonly month: number
  readonly day: number
  readonly hour: number
  readonly minute: number
  readonly second: number
  readonly millisecond: number
  /** 0: Sunday. */
  readonly weekday: number
  readonly offsetMinutes: number
}

const pad = (value: number, digits: number): string => String(value).padStart(digits, '0')
const fields: Readonly<Record<string, (at: Moment) => string>> = {
  yyyy: (at) => pad(at.year, 4),
  yy: (at) => pad(at.year % 100, 2),
  y: (at) => String(at.year),
  MMMM: (at) => months[at.month - 1] ?? '',
  MMM: (at) => (months[at.month - 1] ?? '').slice(0, 3),
  MM: (at) => pad(at.month, 2),
  M: (at) => String(at.month),
  dd: (at) => pad(at.day, 2),
  d: (at) => String(at.day),
  DDD: (at) => pad(dayOfYear(at), 3),
  D: (at) => String(dayOfYear(at)),
  EEEE: (at) => weekdays[at.weekday] ?? '',
  EEE: (at) => (weekdays[at.weekday] ?? '').slice(0, 3),
  e: (at) => String(at.weekday === 0 ? 7 : at.weekday),
  ww: (at) => pad(isoWeek(at).week, 2),
  YYYY: (at) => pad(isoWeek(at).year, 4),
  HH: (at) => pad(at.hour, 2),
  H: (at) => String(at.hour),
  hh: (at) => pad(at.hour % 12 || 12, 2),
  h: (at) => String(at.hour % 12 || 12),
  a: (at) => (at.hour < 12 ? 'AM' : 'PM'),
  mm: (at) => pad(at.minute, 2),
  m: (at) => String(at.minute),
  ss: (at) => pad(at.second, 2),
  s: (at) => String(at.second),
  SSS: (at) => pad(at.millisecond, 3),
  XXX: (at) => (at.offsetMinutes === 0 ? 'Z' : offset(at, ':')),
  xxx: (at) => offset(at, ':'),
  Z: (at) => offset(at, ''),
}

/** @param time a time of CEL, or text of RFC 3339 @param zone of the IANA list */
function formatTime(time: unknown, format: string, zone: string): string {
  const date = readTime(time)
  const parts = readTimeFormat(format)
  const at = inZone(date, zone)
  return parts.map((part) => (typeof part === 'string' ? part : part(at))).join('')
}

/** Throws FunctionError. */
export function readTimeFormat(format: string): (string | ((at: Moment) => string))[] {
  if (format.length > maxFormatLength)
    throw new FunctionError(`formatTime(): the format is too long: at most ${String(maxFormatLength)} characters`, 1)
  return [...format.matchAll(/'((?:[^']|'')*)'|([A-Za-z])\2*|[^A-Za-z']+|'/g)].map(([text, quoted, letter]) => {
    if (quoted !== undefined) return quoted === '' ? "'" : quoted.replaceAll("''", "'")
    if (letter === undefined && text !== "'") return text
    const field = Object.hasOwn(fields, text) ? fields[text] : undefined
    if (field !== undefined) return field
    throw new FunctionError(
      text === "'" ? 'formatTime(): a quote in the format is not closed' : `formatTime(): "${text}" in the format is not known; ${known}`,
      1,
    )
  })
}
const known = "use for example yyyy-MM-dd'T'HH:mm:ssXXX, and quotes around other letters"

function readTime(time: unknown): Date {
  const date = typeof time === 'string' && /^\d{4}-\d\d-\d\d/.test(time) ? new Date(time) : time
  if (date instanceof Date && !Number.isNaN(date.getTime())) return date
  throw new FunctionError('formatTime() takes a time, as now() or timestamp("2024-05-01T08:00:00Z") give it, or text in that form', 0)
}

/** Throws FunctionError for a zone that is not known. */
export function checkTimeZone(zone: string): Intl.DateTimeFormat {
  try {
    return new Intl.DateTimeFormat('en-US', {
      timeZone: zone,
      hourCycle: 'h23',
      ...{year: 'numeric', month: 'numeric', day: 'numeric', hour: 'numeric', minute: 'numeric', second: 'numeric', era: 'short'},
    })
  } catch {
    // Its message quotes the zone, which may have been computed.
    throw new FunctionError('formatTime(): the time zone is not known; write it like Europe/Zurich or UTC', 2)
  }
}

function inZone(date: Date, zone: string): Moment {
  const parts = new Map(
    checkTimeZone(zone)
      .formatToParts(date)
      .map(({type, value}) => [type, value]),
  )
  const number = (name: Intl.DateTimeFormatPartTypes): number => Number(parts.get(name))
  const year = parts.get('era') === 'BC' ? 1 - number('year') : number('year')
  const [month, day, hour, minute, second] = [number('month'), number('day'), number('hour'), number('minute'), number('second')]
  const local = utc(year, month, day) + ((hour * 60 + minute) * 60 + second) * 1000
  const offsetMinutes = Math.round((local - Math.floor(date.getTime() / 1000) * 1000) / 60_000)
  return {
    year,
    month,
    day,
    hour,
    minute,
    second,
    millisecond: date.getUTCMilliseconds(),
    weekday: new Date(local).getUTCDay(),
    offsetMinutes,
  }
}

/** Days of the Gregorian calendar repeat after 400 years. */
const cycleMs = 146_097 * 86_400_000

/** Milliseconds since 1970 at the beginning of a day. Date.UTC() takes the year 50 for 1950. */
function utc(year: number, month: number, day: number): number {
  return Date.UTC(year + 400, month - 1, day) - cycleMs
}

function dayOfYear({year, month, day}: Moment): number {
  return Math.round((utc(year, month, day) - utc(year, 1, 1)) / 86_400_000) + 1
}

/** The week of a day is that of its Thursday (ISO 8601). */
function isoWeek({year, month, day, weekday}: Moment): {year: number; week: number} {
  const thursday = new Date(utc(year, month, day + 4 - (weekday === 0 ? 7 : weekday)))
  const weekYear = thursday.getUTCFullYear()
  return {year: weekYear, week: Math.floor((thursday.getTime() - utc(weekYear, 1, 1)) / 604_800_000) + 1}
}

function offset({offsetMinutes}: Moment, separator: string): string {
  const minutes = Math.abs(offsetMinutes)
  return `${offsetMinutes < 0 ? '-' : '+'}${pad(Math.floor(minutes / 60), 2)}${separator}${pad(minutes % 60, 2)}`
}

const secondsOf: Readonly<Record<string, number>> = {w: 604_800, d: 86_400, h: 3600, m: 60, s: 1}

/** A duration with days or weeks, which CEL's own `duration()` does not know: `1d12h`. Undefined for any other text. */
export function readLongDuration(text: string): Duration | undefined {
  if (!/^-?(?:\d{1,9}[wdhms])+$/.test(text) || !/[wd]/.test(text)) return undefined
  const seconds = [...text.matchAll(/(\d+)([wdhms])/g)].reduce(
    (sum, [, count, unit]) => sum + Number(count) * (secondsOf[unit ?? ''] ?? 0),
    0,
  )
  return new Duration(text.startsWith('-') ? -seconds : seconds)
}
