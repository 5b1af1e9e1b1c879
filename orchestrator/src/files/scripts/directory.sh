# shellcheck shell=sh
# shellcheck disable=SC2154 # put.sh stands before this
# bf_look TYPED PARENT LAST BASE MOST: what the path TYPED is, and which directories of PARENT begin with LAST; a relative path
# begins at BASE. Answers with a line `d PATH` where TYPED is a directory, a line `f` where it is there and is none, a line `g`
# where that lies in a git repository, a line `c NAME` for each directory, at most MOST, and a line `m` where there are more. Names
# with a newline are left out, and hidden ones unless LAST begins with a dot.

bf_look() {
  (
    if ! { bf_go "$1" "$4" && cd -P .; }; then
      case $1 in /*) ;; *) bf_go . "$4" || exit 1 ;; esac
      if [ -e "$1" ] && [ ! -d "$1" ]; then bf_put "f$bf_nl"; fi
      exit 1
    fi
    case $PWD in *"$bf_nl"*) exit 1 ;; esac
    bf_put "d $PWD$bf_nl"
    bf_up=$PWD
    while :; do
      if [ -e "${bf_up%/}/.git" ]; then
        bf_put "g$bf_nl"
        break
      fi
      case $bf_up in / | '') break ;; esac
      bf_up=${bf_up%/*}
    done
  )
  bf_go "$2" "$4" || return 0
  bf_most=$5 bf_out='' bf_count=0
  set -- "$3"*/
  for bf_one in "$@"; do
    bf_one=${bf_one%/}
    case $bf_one in . | .. | '' | *"$bf_nl"*) continue ;; esac
    # A pattern that matched nothing stands there as it was written.
    [ -d "./$bf_one" ] || continue
    if [ "$bf_count" -eq "$bf_most" ]; then
      bf_out="${bf_out}m$bf_nl"
      break
    fi
    bf_count=$((bf_count + 1))
    bf_out="${bf_out}c $bf_one$bf_nl"
  done
  bf_put "$bf_out"
}
