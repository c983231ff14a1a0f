// formatTime against calendars of its own: what is written can be read back, in zones of every kind, before and after clocks change.

import {describe, expect, test} from 'vitest'
import {createExpressionLanguage} from '../../../../src/lib/templates/expression.ts'
import {Luck} from '../../../rig/luck.ts'

const expression = createExpressionLanguage().compile('formatTime(vars.t, vars.f, vars.z)')
const format = (ms: number, f: string, z = 'UTC'): string => String(expression.evaluate({vars: {t: new Date(ms).toISOString(), f, z}}))

const zones = ['UTC', 'Europe/Zurich', 'America/New_York', 'America/Sao_Paulo', 'Asia/Kolkata', 'Asia/Kathmandu', 'Australia/Lord_Howe']
const moreZones = ['Pacific/Apia', 'Pacific/Chatham', 'Africa/Casablanca', 'Antarctica/Troll', 'America/St_Johns']
const [from, to] = [Date.UTC(1975, 0, 1), Date.UTC(2037, 0, 1)]

describe('formatTime', () => {
  test.each([...zones, ...moreZones])('writes times of %s that can be read back', (zone) => {
    const luck = new Luck(zone.length)
    for (let nth = 0; nth < 200; nth += 1) {
      const ms = from + luck.upTo(to - from)
      expect(Date.parse(format(ms, "yyyy-MM-dd'T'HH:mm:ss.SSSxxx", zone)), `${zone} ${ms}`).toBe(ms)
      expect(format(ms, 'yyyy-MM-dd HH:mm:ss', zone)).toBe(new Date(ms).toLocaleString('sv-SE', {timeZone: zone}))
    }
  })

  test.each([
    // The clock goes from 2:00 to 3:00, and back from 3:00 to 2:00.
    ['Europe/Zurich', '2024-03-31T01:00:00Z', '2024-03-31 01:59:59 +0100', '2024-03-31 03:00:00 +0200'],
    ['Europe/Zurich', '2024-10-27T01:00:00Z', '2024-10-27 02:59:59 +0200', '2024-10-27 02:00:00 +0100'],
    // By half an hour.
    ['Australia/Lord_Howe', '2024-04-06T15:00:00Z', '2024-04-07 01:59:59 +1100', '2024-04-07 01:30:00 +1030'],
    // A day was left out.
    ['Pacific/Apia', '2011-12-30T10:00:00Z', '2011-12-29 23:59:59 -1000', '2011-12-31 00:00:00 +1400'],
  ])('knows when the clocks of %s change: %s', (zone, at, before, after) => {
    const ms = Date.parse(at)
    expect([format(ms - 1000, 'yyyy-MM-dd HH:mm:ss Z', zone), format(ms, 'yyyy-MM-dd HH:mm:ss Z', zone)]).toEqual([before, after])
  })

  test('knows days and weeks of all years', () => {
    const luck = new Luck(9)
    const days = ['Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday', 'Sunday']
    for (let nth = 0; nth < 2000; nth += 1) {
      const [year, month] = [nth < 400 ? nth : luck.upTo(9999), luck.upTo(12)]
      const day = luck.upTo(daysOf(year)[month - 1] ?? 28)
      const text = `${pad(year, 4)}-${pad(month)}-${pad(day)}T12:34:56.789Z`
      const dayOfYear = daysOf(year)
        .slice(0, month - 1)
        .reduce((sum, one) => sum + one, day)
      const weekday = (dayNumber(year) + dayOfYear - 1) % 7
      const [weekYear, week] = isoWeek(year, dayOfYear, weekday)
      expect(expression.evaluate({vars: {t: text, z: 'UTC', f: 'yyyy M d D EEEE e YYYY ww xxx h a'}}), text).toBe(
        [pad(year, 4), month, day, dayOfYear, days[weekday], weekday + 1, pad(weekYear, 4), pad(week), '+00:00', 12, 'PM'].join(' '),
      )
    }
  })

  test('has offsets in all years, also those before a century', () => {
    for (const [text, offset] of [
      ['0050-06-01T00:00:00Z', '-05:00'],
      ['0001-01-01T12:00:00Z', '-05:00'],
      ['9999-12-31T23:59:59Z', '-05:00'],
    ])
      expect(expression.evaluate({vars: {t: text, z: 'Etc/GMT+5', f: 'xxx'}})).toBe(offset)
  })
})

function pad(value: number, digits = 2): string {
  return String(value).padStart(digits, '0')
}

function daysOf(year: number): number[] {
  const isLeap = year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0)
  return [31, isLeap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
}

/** Days between a Monday and the first day of a year, counted year by year. */
function dayNumber(year: number): number {
  // The year 2000 began on a Saturday, and the calendar repeats itself after 400 years, which are whole weeks.
  let days = 5
  for (let at = 2000; at < (year % 400) + 2000; at += 1) days += daysOf(at).reduce((sum, one) => sum + one, 0)
  return days % 7
}

/** @param weekday 0: Monday */
function isoWeek(year: number, dayOfYear: number, weekday: number): [year: number, week: number] {
  const week = Math.floor((dayOfYear - weekday + 9) / 7)
  const weeksOf = (one: number): number => {
    const first = dayNumber(one) % 7
    const length = daysOf(one).reduce((sum, days) => sum + days, 0)
    return first === 3 || (first === 2 && length === 366) ? 53 : 52
  }
  if (week < 1) return [year - 1, weeksOf(year - 1 < 0 ? year + 399 : year - 1)]
  return week > weeksOf(year) ? [year + 1, 1] : [year, week]
}
