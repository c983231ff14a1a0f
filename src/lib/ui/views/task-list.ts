// The tasks of a workflow file as a table.

import type {ListedTask, TaskList} from '../../planning/list-tasks.ts'
import {renderTable} from '../terminal/table.ts'
import type {Ui} from '../terminal/ui.ts'

/** For stdout. Piped: id, `default` or nothing, needs, what the task is for. */
export function renderTaskList({tasks, hasDefault}: TaskList, {outTerminal: terminal, outStyle: style}: Ui): string {
  return renderTable({
    head: ['TASK', 'DEFAULT', 'NEEDS', 'DESCRIPTION'],
    rows: tasks.map((task) => [task.id, mark(hasDefault && task.isDefault, terminal.isTty), task.needs.join(', '), describe(task)]),
    style,
    terminal,
  })
}

function mark(isDefault: boolean, isTty: boolean): string {
  if (!isDefault) return ''
  return isTty ? '*' : 'default'
}

function describe({name, description, type}: ListedTask): string {
  const said = [name, description].filter((text) => text !== undefined).join(': ')
  return said === '' ? type : said
}
