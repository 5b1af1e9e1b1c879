# shellcheck shell=sh
# Looks for agents, all at the same time. Functions alone: the calls of baton_look are put behind it, each as a job of its
# own, and a `wait`.
#
# The answer: lines of `NUMBER KEY VALUE`, each short enough to be written at once, since those of the agents come mixed.
#   path, stdout, stderr   bytes in hexadecimal, over several lines
#   status                 the exit status of the version's command, or `late`
#   login                  `yes` or `no`

# baton_say NUMBER KEY: stdin, its first 2 KiB. The rest is read, too: who writes it would fail else.
baton_say() {
  { head -c 2048 && cat >/dev/null; } | od -An -v -tx1 | while IFS= read -r baton_hex; do
    printf '%s %s %s\n' "$1" "$2" "$baton_hex"
  done
}

# baton_limited SECONDS COMMAND ARG...: its status, or `late` in baton_status when it took longer and was killed.
#
# Its stderr goes by 5: what shells say of a job that was killed is nobody's business.
# The nap is waited for, not the command, because a shell can't wait for the first of two: who is done ends the nap.
baton_limited() {
  sleep "$1" >/dev/null 3>&- 4>&- 5>&- &
  baton_nap=$!
  shift
  (
    # A group of its own, where there is setsid, so that what it starts can be killed with it.
    if command -v setsid >/dev/null 2>&1; then
      setsid "$@" </dev/null 2>&5 4>&- 5>&- &
      baton_target=-$!
    else
      "$@" </dev/null 2>&5 4>&- 5>&- &
      baton_target=$!
    fi
    baton_child=$!
    trap 'kill -KILL "$baton_target"' TERM
    wait "$baton_child"
    baton_status=$?
    # Not TERM: bash catches that between its fork and the exec of the nap, and forgets it there.
    kill -KILL "$baton_nap"
    exit "$baton_status"
  ) &
  baton_guard=$!
  if wait "$baton_nap"; then
    kill "$baton_guard"
    wait "$baton_guard"
    baton_status=late
  else
    wait "$baton_guard"
    baton_status=$?
  fi
} 5>&2 2>/dev/null

# baton_find PROGRAM: its path in baton_path. A bare word is a command of the shell itself, and no program.
baton_find() {
  case $1 in
  */*) if [ -f "$1" ] && [ -x "$1" ]; then baton_path=$1; else baton_path=; fi ;;
  *) baton_path=$(command -v -- "$1") || baton_path= ;;
  esac
  case $baton_path in */*) ;; *) return 1 ;; esac
}

# baton_look NUMBER SECONDS PROGRAM VERSION-ARG...
baton_look() {
  baton_number=$1 baton_seconds=$2
  baton_find "$3" || return 1
  shift 3
  printf '%s' "$baton_path" | baton_say "$baton_number" path
  if [ $# -eq 0 ]; then return 0; fi
  {
    {
      {
        baton_limited "$baton_seconds" "$baton_path" "$@" 3>&-
        printf '%s status %s\n' "$baton_number" "$baton_status" >&4
      } 2>&1 >&3 | baton_say "$baton_number" stderr >&4
    } 3>&1 | baton_say "$baton_number" stdout >&4
  } 4>&1
}

# baton_asked ARG...: whether the program that was looked for says that somebody is logged in.
baton_asked() {
  baton_limited "$baton_seconds" "$baton_path" "$@" >/dev/null 2>&1 3>&- 4>&-
  [ "$baton_status" = 0 ]
}
