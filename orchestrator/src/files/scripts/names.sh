# shellcheck shell=sh
# bf_names DIRECTORY BASE BYTES SECONDS: files below DIRECTORY, each ended by a NUL: those that git knows or would add, else all
# that aren't hidden. What is found is printed until SECONDS are over, and BYTES of it at most; where that is all, an empty name
# ends it. Leaves with 3 where the directory isn't there, and with 4 where it may not be entered.

bf_names() {
  bf_go "$1" "$2" || {
    [ -d "$1" ] && exit 4
    exit 3
  }
  # Complaints, and what a shell says of a job that was killed, are nobody's business.
  bf_limited "$4" 2>/dev/null | head -c "$3"
  exit 0
}

# bf_limited SECONDS: bf_list, killed after that long. The nap is waited for, because a shell can't wait for the first of two:
# who is done ends the nap. Not by TERM: bash catches that between its fork and its exec, and forgets it there.
bf_limited() {
  sleep "$1" >/dev/null &
  bf_nap=$!
  (
    bf_list &
    bf_work=$!
    trap 'kill -KILL "$bf_work"' TERM
    wait "$bf_work" && command printf '\0'
    kill -KILL "$bf_nap"
  ) &
  bf_guard=$!
  if wait "$bf_nap"; then
    kill "$bf_guard"
  fi
  wait "$bf_guard"
}

# bf_list: the names, by one program in the place of the shell, so that it can be killed.
bf_list() {
  if [ "$(git rev-parse --is-inside-work-tree 2>/dev/null)" = true ]; then
    GIT_OPTIONAL_LOCKS=0
    export GIT_OPTIONAL_LOCKS
    exec git ls-files -co --exclude-standard -z
  fi
  # Eight levels deep.
  set -- . -path './*/*/*/*/*/*/*/*/*' -prune -o -name '.?*' -prune -o -type f
  # Some know no -print0.
  if find . -prune -print0 >/dev/null 2>&1; then
    exec find "$@" -print0
  fi
  exec find "$@" -exec printf '%s\0' '{}' +
}
