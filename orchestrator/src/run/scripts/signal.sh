# shellcheck shell=sh
# shellcheck disable=SC2154 # the header, process.sh and look.sh stand before this
# Sends a signal to what belongs to the run b_id: b_how is INT (to the group), TERM (then KILL after 3 s, and waits until
# nothing is left) or KILL (and waits). Looks at it in the end; before that a line `left PID…` where something wouldn't go,
# or `early` where it came before the program had begun, or had a process: nobody may have got it.

b_d=$b_root/$b_id
b_leader=''
b_alive "$b_d/" && b_leader=$b_pid

# b_marked: the processes whose environment says that they are of this run, a line each.
b_marked() {
  if [ -r /proc/self/environ ]; then
    grep -l "BATON_RUN=$b_id" /proc/[0-9]*/environ 2>/dev/null | sed 's,[^0-9],,g'
  else
    # macOS shows environments with -E, the other BSDs with -e.
    { ps -axEww -o pid= -o command= 2>/dev/null || ps -axeww -o pid= -o command=; } 2>/dev/null |
      sed -n "s/^ *\([0-9][0-9]*\) .*[ ]BATON_RUN=$b_id.*/\1/p"
  fi
}

# b_ours: those, and what is in the group or the session of the run's first process, which may have put its
# environment off.
b_ours() {
  b_marked
  [ -n "$b_leader" ] || return 0
  [ "$b_kind" != none ] || {
    if b_born "$b_leader"; then printf '%s\n' "$b_leader"; fi
    return 0
  }
  if [ -r /proc/self/stat ]; then
    for b_one in /proc/[0-9]*; do
      b_one=${b_one#/proc/}
      b_born "$b_one" || continue
      if [ "$b_group" = "$b_leader" ] || [ "$b_session" = "$b_leader" ]; then printf '%s\n' "$b_one"; fi
    done
  else
    ps -axo pid=,pgid=,stat= | while read -r b_one b_its b_stat; do
      case $b_stat in Z*) continue ;; esac
      [ "$b_its" != "$b_leader" ] || printf '%s\n' "$b_one"
    done
  fi
}

# b_send SIGNAL: the group at once, so that nothing of it slips through; then who left it, so that nobody gets two.
b_send() {
  b_all=$(b_ours)
  if [ -n "$b_leader" ] && [ "$b_kind" != none ]; then kill "-$1" "-$b_leader" 2>/dev/null; fi
  for b_one in $b_all; do
    b_born "$b_one" || continue
    if [ "$b_group" != "$b_leader" ] || [ "$b_kind" = none ]; then kill "-$1" "$b_one" 2>/dev/null; fi
  done
  return 0
}

# b_clock: sets b_now, in tenths of a second.
b_clock() {
  if { read -r b_now b_stat </proc/uptime; } 2>/dev/null; then
    b_now=${b_now%.*}${b_now#*.}
    b_now=${b_now%?}
  else
    b_now=$(date +%s)0
    # Without the digits that a shell of 32 bits can't count; one that begins with 0 would be octal.
    b_now=1${b_now#??}
  fi
}

# b_gone TENTHS: waits so long until nothing is left; sets b_left.
b_gone() {
  b_clock
  b_end=$((b_now + $1))
  while :; do
    b_left=$(b_ours)
    [ -n "$b_left" ] || return 0
    b_clock
    [ "$b_now" -lt "$b_end" ] || return 1
    sleep 0.1 2>/dev/null || sleep 1
  done
}

case $b_how in
  INT)
    # A login shell in the middle of its profile may swallow it.
    b_begun=''
    { read -r b_begun <"$b_d/begun"; } 2>/dev/null && [ -z "$b_begun" ] && echo early
    if [ -n "$b_leader" ]; then
      if [ "$b_kind" = none ]; then kill -INT "$b_leader"; else kill -INT "-$b_leader"; fi 2>/dev/null
    fi
    ;;
  *)
    # What comes after this has nobody to stop it.
    b_noted || echo early
    b_send "$b_how"
    if ! { [ "$b_how" = TERM ] && b_gone 30; }; then
      b_tries=50
      until b_send KILL && b_gone 1; do
        b_tries=$((b_tries - 1))
        [ "$b_tries" -gt 0 ] || break
      done
    fi
    # The runner writes the status down a moment after.
    b_ticks=20
    while [ "$b_ticks" -gt 0 ] && ! b_over && b_alive "$b_d/runner."; do
      sleep 0.1 2>/dev/null || sleep 1
      b_ticks=$((b_ticks - 1))
    done
    # shellcheck disable=SC2086 # one line of words
    [ -z "$b_left" ] || echo left $b_left
    ;;
esac
b_look "$b_id"
