// Scripts that make a shell ask this program for candidates. `PROGRAM complete -- WORDS…` prints one a line, with its description after a tab;
// `:files` stands for the shell's own completion of files.

export const shells = ['bash', 'zsh', 'fish'] as const

export type Shell = (typeof shells)[number]

const bash = `# bash completion of PROGRAM: eval "$(PROGRAM completion bash)"
_PROGRAM_complete() {
  local current="\${COMP_WORDS[COMP_CWORD]}" line
  COMPREPLY=()
  while IFS= read -r line; do
    if [ "$line" = ":files" ]; then
      compopt -o filenames 2>/dev/null
      while IFS= read -r line; do COMPREPLY+=("$line"); done < <(compgen -f -- "$current")
      return
    fi
    COMPREPLY+=("\${line%%$'\\t'*}")
  done < <("\${COMP_WORDS[0]}" complete -- "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null </dev/null)
  # bash completes what stands after the last = or : only.
  case "$current" in *=*) COMPREPLY=("\${COMPREPLY[@]#"\${current%%=*}="}") ;; esac
}
complete -F _PROGRAM_complete PROGRAM
`

const zsh = `#compdef PROGRAM
# zsh completion of PROGRAM: eval "$(PROGRAM completion zsh)", after compinit
_PROGRAM_complete() {
  local -a lines candidates
  local line
  lines=("\${(@f)$("\${words[1]}" complete -- "\${(@)words[2,CURRENT]}" 2>/dev/null </dev/null)}")
  if [[ "\${lines[1]}" == ":files" ]]; then
    _files
    return
  fi
  for line in "\${lines[@]}"; do
    [[ -n "$line" ]] && candidates+=("\${\${line%%$'\\t'*}//:/\\\\:}:\${line#*$'\\t'}")
  done
  _describe 'PROGRAM' candidates
}
compdef _PROGRAM_complete PROGRAM
`

const fish = `# fish completion of PROGRAM: PROGRAM completion fish | source
function __PROGRAM_complete
  set -l words (commandline -opc)
  set -l current (commandline -ct)
  set -l lines ($words[1] complete -- $words[2..-1] "$current" 2>/dev/null </dev/null)
  if test "$lines[1]" = ":files"
    __fish_complete_path "$current"
  else
    string join \\n -- $lines
  end
end
complete -c PROGRAM -f -a '(__PROGRAM_complete)'
`

const scripts: Readonly<Record<Shell, string>> = {bash, zsh, fish}

export function completionScript(shell: Shell, program: string): string {
  return scripts[shell].replaceAll('PROGRAM', program)
}
