// Hints name commands as `workflow …`; who called the program by its other name reads that one.

/** Words of the command line that follow the program's name in a text of ours. */
const command = /\bworkflow (?=(?:completion|doctor|help|init|plugins?|run|runs|schema|secrets|validate|version)\b)/g

/** @param text a hint or a line of ours, not anything that a task or a file says */
export function inNameOf(program: string, text: string): string {
  return program === 'workflow' ? text : text.replaceAll(command, `${program} `)
}
