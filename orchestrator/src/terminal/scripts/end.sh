# shellcheck shell=sh
# Ends shells. Functions of a control shell.
# b_groups PID: the process groups of a process and of all that it has started, on one line.
b_groups() {
  ps -A -o pid= -o ppid= -o pgid= 2>/dev/null | awk -v root="$1" '
    { parent[$1] = $2; group[$1] = $3 }
    END {
      for (pid in parent) {
        at = pid
        for (depth = 0; depth < 100 && at != root && (at in parent); depth++) at = parent[at]
        if (at == root && group[pid] > 1 && !seen[group[pid]]++) printf "%s ", group[pid]
      }
    }'
}

# b_end_shell PID: hangs up on a shell, which leads its group, and on what it has started; kills it when it doesn't go
# within two seconds.
b_end_shell() {
  kill -0 "$1" 2>/dev/null || return 0
  b_all=$(b_groups "$1")
  for b_group in ${b_all:-$1}; do
    kill -HUP "-$b_group" 2>/dev/null
    kill -CONT "-$b_group" 2>/dev/null
  done
  for _ in 1 2; do
    kill -0 "$1" 2>/dev/null || return 0
    sleep 1
  done
  kill -KILL "-$1" 2>/dev/null || :
}
