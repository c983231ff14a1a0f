// The program that keeps a step container alive, and ends the processes of a step: the engine cannot signal what it has started by `exec`.
// It is written for the shell of any image, with nothing but what is built into one.

/**
 * Reads `<number> <signal> <mark>` a line, and answers `<number> <processes found> <out-of-memory kills so far>`. A process belongs to a step when its
 * environment holds the mark, when it is in a session with one that does (the engine starts every step in a session of its own), or when it descends
 * from one. Ends with its input, and the container with it.
 */
export const supervisorScript = `
echo ready
while read -r number signal mark; do
  found=' ' sessions=' ' others=
  for dir in /proc/[0-9]*; do
    pid=\${dir#/proc/} stat= has=
    case $pid in 1|$$) continue ;; esac
    while read -r line || [ -n "$line" ]; do stat=$line; done 2>/dev/null <"$dir/stat"
    set -- \${stat##*) }
    case \${1:-Z} in Z|X) continue ;; esac
    while read -r line || [ -n "$line" ]; do
      case $line in *"$mark"*) has=1; break ;; esac
    done 2>/dev/null <"$dir/environ"
    if [ -n "$has" ]; then found="$found$pid " sessions="$sessions$4 "; else others="$others $pid:$2:$4"; fi
  done
  more=1
  while [ -n "$more" ] && [ "$found" != ' ' ]; do
    more= rest=
    for one in $others; do
      pid=\${one%%:*} parents=\${one#*:} has=
      case $found in *" \${parents%%:*} "*) has=1 ;; esac
      case $sessions in *" \${parents#*:} "*) has=1 ;; esac
      if [ -n "$has" ]; then more=1 found="$found$pid "; else rest="$rest $one"; fi
    done
    others=$rest
  done
  count=0
  for pid in $found; do
    kill -"$signal" "$pid" 2>/dev/null
    if [ "$signal" = TERM ]; then kill -CONT "$pid" 2>/dev/null; fi
    count=$((count + 1))
  done
  kills=0
  for file in /sys/fs/cgroup/memory.events /sys/fs/cgroup/memory/memory.oom_control; do
    if [ -r "$file" ]; then
      while read -r name value; do case $name in oom_kill) kills=$value ;; esac; done <"$file"
    fi
  done
  echo "$number $count $kills"
done
`
