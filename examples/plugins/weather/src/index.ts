import {readFile} from 'node:fs/promises'
import {defineActions} from '@autokestra/plugin-sdk'
import {aggregate, type Group} from './aggregate.ts'
import {parseDays, type Day} from './parse-days.ts'

export default defineActions({
  load: {
    async execute({path}: {path: string}, context) {
      const days = parseDays(await readFile(path, 'utf8'))
      context.log.info(`read ${days.length} days from ${path}`)
      return {days}
    },
  },

  aggregate: {
    execute({days, by}: {days: Day[]; by: 'year' | 'month' | 'weather'}) {
      return {groups: aggregate(days, by)}
    },
  },

  render: {
    execute({title, sections, notes = []}: {title: string; sections: {heading: string; groups: Group[]}[]; notes?: string[]}) {
      const parts = sections.map(({heading, groups}) => `## ${heading}\n\n${table(groups)}`)
      const list = notes.map((note) => `- ${note}`).join('\n')
      return {markdown: [`# ${title}`, list, ...parts].filter((part) => part !== '').join('\n\n') + '\n'}
    },
  },
})

function table(groups: Group[]): string {
  const head = '| | days | rain (mm) | wet days | mean high (°C) | hottest (°C) | coldest (°C) |'
  const rule = '|---|---:|---:|---:|---:|---:|---:|'
  const rows = groups.map(
    (group) =>
      `| ${group.key} | ${group.days} | ${group.rain.toFixed(1)} | ${group.wetDays} | ${group.meanHigh.toFixed(1)} | ${group.hottest.toFixed(1)} | ${group.coldest.toFixed(1)} |`,
  )
  return [head, rule, ...rows].join('\n')
}
