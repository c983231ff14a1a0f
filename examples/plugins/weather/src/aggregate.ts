import type {Day} from './parse-days.ts'

export interface Group {
  key: string
  days: number
  rain: number
  wetDays: number
  meanHigh: number
  hottest: number
  coldest: number
}

const keyOf = {
  year: (day: Day) => day.date.slice(0, 4),
  month: (day: Day) => day.date.slice(0, 7),
  weather: (day: Day) => day.weather,
}

/** One group per year, month or kind of weather, in order of its key. */
export function aggregate(days: Day[], by: keyof typeof keyOf): Group[] {
  const groups = new Map<string, Day[]>()
  for (const day of days) {
    const key = keyOf[by](day)
    const group = groups.get(key)
    if (group === undefined) groups.set(key, [day])
    else group.push(day)
  }
  return [...groups]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, members]) => ({
      key,
      days: members.length,
      rain: members.reduce((sum, day) => sum + day.rain, 0),
      wetDays: members.filter((day) => day.rain > 0).length,
      meanHigh: members.reduce((sum, day) => sum + day.high, 0) / members.length,
      hottest: Math.max(...members.map((day) => day.high)),
      coldest: Math.min(...members.map((day) => day.low)),
    }))
}
