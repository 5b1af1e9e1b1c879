# shellcheck shell=sh
# shellcheck disable=SC2154 # put.sh, host.sh and enter.sh stand before this
# bf_many BASE MARK BYTES PATH…: the first BYTES of each file, and of the files at the ends of links; a PATH that isn't absolute begins
# with `./`. Answers the form and MARK; then, where find knows -printf, three parts that are each ended by MARK: what is known of those that
# are there, the contents one behind the other, those of files without a size last, and what is known then. Else of each PATH the letter of
# what it is, one byte more of its contents, and MARK.

bf_many() {
  bf_at "$1"
  bf_mark=$2 bf_most=$3
  shift 3
  if [ -z "$bf_root" ]; then
    for bf_path; do
      case $bf_path in /*) ;; *) bf_why "$bf_missing" ;; esac
    done
  fi
  bf_put "$bf_kind"
  bf_put "$bf_mark"
  case $bf_kind in
    gnu) bf_many_gnu "$@" ;;
    *) bf_many_each "$@" ;;
  esac
  exit 0
}

# A handful of programs, however many files there are.
bf_many_gnu() {
  # As many of find's complaints as anybody reads.
  { bf_many_known "$@" 2>&1 >&3 | sed -n '1,200p' >&2; } 3>&1
  bf_put "$bf_mark"
  {
    find -H "$@" -prune -type f -readable -size +0 -print0
    find -H "$@" -prune -type f -readable -size 0 -print0
  } 2>/dev/null | xargs -0 -r head -q -c "$bf_most" -- 2>/dev/null
  bf_put "$bf_mark"
  bf_many_known "$@" 2>/dev/null
  bf_put "$bf_mark"
}

bf_many_known() {
  find -H "$@" -prune -printf '%D %i %y %s %T@ %C@ ' \( -readable -printf r -o -printf x \) -printf '\0%p\0'
}

# Who opens a file has one state of it, or sees it being written, as with cat.
bf_many_each() {
  for bf_path; do
    if [ -d "$bf_path" ]; then
      bf_put d
    elif [ ! -e "$bf_path" ]; then
      bf_put n
    elif [ ! -f "$bf_path" ]; then
      bf_put o
    elif [ ! -r "$bf_path" ]; then
      bf_put x
    else
      bf_put f
      head -c "$((bf_most + 1))" <"$bf_path" 2>/dev/null
    fi
    bf_put "$bf_mark"
  done
}
