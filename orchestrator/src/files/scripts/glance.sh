# shellcheck shell=sh
# bf_glance DIRECTORY BASE BYTES SECONDS: what git says of DIRECTORY in short, BYTES of it at most and within SECONDS; a NUL ends it
# where that is all, and nothing comes where it is in no repository or there is no git. Leaves with 3 where the directory isn't
# there, and with 4 where it may not be entered.

bf_glance() {
  bf_go "$1" "$2" || {
    [ -d "$1" ] && exit 4
    exit 3
  }
  bf_limited "$4" bf_status 2>/dev/null | head -c "$3"
  exit 0
}

# bf_status: the branch, and a line for each file that differs; a directory that git doesn't know is one of them.
bf_status() {
  GIT_OPTIONAL_LOCKS=0
  export GIT_OPTIONAL_LOCKS
  exec git status --porcelain=v2 --branch --untracked-files=normal
}
