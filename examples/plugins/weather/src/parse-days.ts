export interface Day {
  date: string
  rain: number
  high: number
  low: number
  wind: number
  weather: string
}

/** Reads the CSV: `date,precipitation,temp_max,temp_min,wind,weather`, one day per line. */
export function parseDays(csv: string): Day[] {
  const [header, ...lines] = csv.trim().split(/\r?\n/)
  if (header !== 'date,precipitation,temp_max,temp_min,wind,weather') throw new Error(`unexpected header: ${header}`)
  return lines.map((line, index) => {
    const [date = '', rain, high, low, wind, weather = ''] = line.split(',')
    const day = {date, rain: Number(rain), high: Number(high), low: Number(low), wind: Number(wind), weather}
    if (Number.isNaN(day.rain + day.high + day.low + day.wind)) throw new Error(`line ${index + 2} has a value that is not a number`)
    return day
  })
}
