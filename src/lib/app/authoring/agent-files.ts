// What a coding agent should know of this program: a skill of one page, and a few lines in AGENTS.md that lead to it.

import {access, readFile} from 'node:fs/promises'
import {dirname, join} from 'node:path'
import {WorkflowError} from '../../errors/workflow-error.ts'
import {writeFileAtomic} from '../../files/atomic-write.ts'
import {ensureDirectory} from '../../files/ensure-directory.ts'
import {currentDirectory, resolveFrom} from '../../files/current-directory.ts'

/** Where agents look for skills (agentskills.io). */
const skillFile = join('.agents', 'skills', 'workflow', 'SKILL.md')

/** At most 3 kB: an agent reads it whole before it does anything. */
export const skill = `---
name: workflow
description: Write, check, run and debug workflow files (YAML task graphs) with the \`workflow\` command.
---

# workflow

A workflow file lists tasks, what they need, and values they share. Tasks run in parallel unless one \`needs\` another.

\`\`\`yaml
id: release
inputs:
  version: {type: string, required: true}
tasks:
  - id: test
    type: core/shell.run
    inputs: {command: 'echo tests pass'}
  - id: count
    type: core/python.run
    inputs:
      words: [a, b]
      script: 'return len(inputs["words"])'
  - id: publish
    type: core/shell.run
    needs: [test, count]
    retry: {max: 3, delay: 1s}
    env:
      VERSION: '{{ inputs.version }}'
      COUNT: '{{ tasks.count.output }}'
    inputs: {command: 'echo "publishing $VERSION ($COUNT)"'}
outputs: {log: '{{ tasks.publish.output.stdout }}'}
\`\`\`

## Work in this order

1. \`workflow schema --with-plugins\`: every key and every action with its inputs. \`workflow plugin list\` is the short form.
2. \`workflow validate FILE\`: all mistakes at once, with line, column and what to write instead. Repeat until it is valid.
3. \`workflow run FILE --dry-run -i version=1.0\`: what would run.
4. \`workflow run FILE -i version=1.0 --json --progress plain\`: one JSON document on stdout, progress on stderr.
5. After a failure: \`workflow runs logs latest --task TASK\`, then \`workflow runs show latest\`.

Exit codes: 0 ok, 1 a task failed, 2 wrong usage, 3 the file is invalid, 4 secrets, 5 plugins, 6 not permitted, 7 timeout, 8 no Docker.

## Rules

- Put templates in quotes: \`'{{ … }}'\`. They are CEL: \`a ? b : c\`, \`x ?? default\`, \`list.map(i, i.name)\`.
- Templates are not evaluated in a shell \`command\` or a \`script\`. Pass values by \`env\` (\`"$NAME"\`), by \`args\` (\`"$1"\`), or as other inputs of a script.
- \`tasks.x.output\` may be read only by tasks that need \`x\`. A shell task's output is \`{exitCode, stdout, stderr, value}\`; \`parse: json\` fills \`value\`.
- Secrets: list names under \`secrets:\`, read \`{{ secrets.NAME }}\` in \`inputs\` or \`env\` only. Never write a value into a file; ask the user to run
  \`workflow secrets set NAME\`.
- \`if: '{{ failure() }}'\` runs a task after a failure. \`continueOnError: true\` tolerates one.
- Without a terminal nothing is asked: missing values are errors that name the flag to use.
`

const begin = '<!-- workflow: begin -->'
const end = '<!-- workflow: end -->'
const agentLines = `${begin}
## Workflows

Files for the \`workflow\` command are YAML task graphs. Read \`.agents/skills/workflow/SKILL.md\` before you write or run one, and run
\`workflow validate FILE\` after each change. Never put the value of a secret into a file.
${end}
`

/** Writes both files, or brings them up to date; what else stands in AGENTS.md stays. Returns their paths. Throws FILE_NOT_WRITABLE. */
export async function writeAgentFiles(dir: string): Promise<string[]> {
  resolveFrom(currentDirectory(), dir)
  const agentsFile = join(dir, 'AGENTS.md')
  const skillPath = join(dir, skillFile)
  try {
    // As other directories of a project: everybody may read them.
    ensureDirectory(dirname(skillPath))
    await writeFileAtomic(skillPath, skill, {mode: 0o644})
    await writeFileAtomic(agentsFile, withLines(await readIfThere(agentsFile)), {mode: 0o644})
  } catch (error) {
    if (!(error instanceof Error && 'code' in error)) throw error
    throw new WorkflowError('FILE_NOT_WRITABLE', `cannot write to ${dir} (${String(error.code)})`, {
      hint: 'name a directory you can write to',
      cause: error,
    })
  }
  return [skillPath, agentsFile]
}

function withLines(text: string): string {
  const from = text.indexOf(begin)
  const to = text.indexOf(end, from)
  if (from >= 0 && to >= 0) return `${text.slice(0, from)}${agentLines.trimEnd()}${text.slice(to + end.length)}`
  const gap = text === '' || text.endsWith('\n\n') ? '' : text.endsWith('\n') ? '\n' : '\n\n'
  return `${text}${gap}${agentLines}`
}

async function readIfThere(file: string): Promise<string> {
  try {
    await access(file)
  } catch {
    // Not there, or not to be seen: writing decides.
    return ''
  }
  return await readFile(file, 'utf8')
}
