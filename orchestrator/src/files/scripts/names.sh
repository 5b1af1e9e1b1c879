# shellcheck shell=sh
# bf_names DIRECTORY BASE BYTES SECONDS SUM: files below DIRECTORY, each ended by a NUL: those that git knows or would add, else all
# that aren't hidden. What is found is printed until SECONDS are over, and BYTES of it at most; where that is all, an empty name
# ends it. Leaves with 3 where the directory isn't there, with 4 where it may not be entered, and with 7 where all that would be
# printed has that SUM, as cksum has it. To look twice is a fraction of what it takes to send them.

bf_names() {
  bf_go "$1" "$2" || {
    [ -d "$1" ] && exit 4
    exit 3
  }
  if [ -n "$5" ] && [ "$(bf_limited 10 bf_git bf_find 2>/dev/null | head -c "$3" | cksum)" = "$5" ]; then
    exit 7
  fi
  # Complaints, and what a shell says of a job that was killed, are nobody's business.
  bf_limited "$4" bf_git bf_find 2>/dev/null | head -c "$3"
  exit 0
}

# bf_limited SECONDS WAY…: what the first way that works prints, for so long, and a NUL where that is all. The nap is waited for, because a shell can't wait for the first of two: who is done
# ends the nap. Not by TERM: bash catches that between its fork and its exec, and forgets it there.
bf_limited() {
  sleep "$1" >/dev/null &
  bf_nap=$!
  shift
  (
    bf_late=''
    for bf_way in "$@"; do
      "$bf_way" &
      bf_work=$!
      trap 'bf_late=1; kill -KILL "$bf_work"' TERM
      wait "$bf_work"
      case $bf_late$bf_way$? in
        # find says 1 when it may not read all of it.
        bf_git0 | bf_status0 | bf_find0 | bf_find1)
          command printf '\0'
          break
          ;;
        1*) break ;;
      esac
    done
    kill -KILL "$bf_nap"
  ) &
  bf_guard=$!
  if wait "$bf_nap"; then
    kill "$bf_guard"
  fi
  wait "$bf_guard"
}

# Each is one program in the place of the shell, so that it can be killed.

# bf_git: fails where git knows nothing of the directory, or isn't there.
bf_git() {
  GIT_OPTIONAL_LOCKS=0
  export GIT_OPTIONAL_LOCKS
  exec git ls-files -co --exclude-standard -z
}

# bf_find: eight levels deep.
bf_find() {
  set -- . -path './*/*/*/*/*/*/*/*/*' -prune -o -name '.?*' -prune -o -type f
  # Some know no -print0.
  if find . -prune -print0 >/dev/null 2>&1; then
    exec find "$@" -print0
  fi
  exec find "$@" -exec printf '%s\0' '{}' +
}
