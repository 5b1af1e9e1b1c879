# shellcheck shell=sh
# shellcheck disable=SC2034,SC2154 # the others use these; put.sh and host.sh stand before this
# The way to a file. Each call is a subshell's own: it may go where it likes, and leave. It leaves with
#   3 where there is no such file, 4 where the words on stderr say why not, 5 where it is a directory, 6 where something is already,
#   7 where it isn't as it was expected, 8 where it lies outside, 9 where it is neither file nor directory, 10 and up as it is said there,
#   20 where the host lacks the programs.

# bf_at BASE: goes to where relative paths begin; sets bf_root to what the host calls it, with a slash at its end. Where it
# isn't there, only an absolute path can be told of, and all of them lie outside.
bf_at() {
  LC_ALL=C
  export LC_ALL
  unset CDPATH TIME_STYLE QUOTING_STYLE POSIXLY_CORRECT
  [ "$bf_kind" != none ] || exit 20
  cd "$HOME" >/dev/null 2>&1 || :
  bf_root='' bf_self=''
  if cd -P -- "$1" >/dev/null 2>&1; then
    bf_root=${PWD%/}/
  else
    bf_missing=$1
  fi
  bf_top=$PWD
}

# bf_why PATH: leaves where PATH can't be gone to, with the words that say why.
bf_why() {
  ls -ld -- "$1/." >/dev/null
  exit 4
}

# bf_enter PATH [LED]: goes to the directory that holds the last name of PATH; sets bf_dir to what the host calls it, with a slash at its
# end, bf_base to the name and bf_name to what programs are given; bf_self where PATH is that directory itself. LED where a link has
# led there: that begins where it lies.
bf_enter() {
  case $1 in
    /*) ;;
    *) [ -n "$bf_root${2-}" ] || bf_why "$bf_missing" ;;
  esac
  bf_path=$1 bf_self=''
  while :; do
    case $bf_path in
      ?*/) bf_path=${bf_path%/} ;;
      *) break ;;
    esac
  done
  case $bf_path in
    '' | / | . | .. | */. | */..)
      cd -P -- "${bf_path:-.}" >/dev/null 2>&1 || bf_why "$bf_path"
      bf_self=1 bf_name=. bf_dir=${PWD%/*}/ bf_base=${PWD##*/}
      return
      ;;
    */*)
      bf_base=${bf_path##*/}
      cd -P -- "${bf_path%/*}/" >/dev/null 2>&1 || bf_why "${bf_path%/*}"
      ;;
    *) bf_base=$bf_path ;;
  esac
  bf_dir=${PWD%/}/ bf_name=./$bf_base
}

# bf_follow: goes on to the end of a link, which may not be there. 40 is where Linux gives up, path_resolution(7).
bf_follow() {
  bf_hops=0
  while [ -z "$bf_self" ] && [ -h "$bf_name" ]; do
    bf_hops=$((bf_hops + 1))
    [ "$bf_hops" -le 40 ] || bf_why "$bf_name"
    bf_link "$bf_name"
    bf_enter "$bf_to" led
  done
}

# bf_inside: whether we are where relative paths begin, or below.
bf_inside() {
  [ -n "$bf_root" ] || return 1
  case ${PWD%/}/ in "$bf_root"*) ;; *) return 1 ;; esac
}

# bf_there: whether bf_name is, if only as a link to nothing.
bf_there() {
  [ -e "$bf_name" ] || [ -h "$bf_name" ]
}

# bf_tilde BASE NAME: leaves where a NAME with a tilde is there by that very name: whoever wants to change it has to say which one.
bf_tilde() {
  bf_at "$1"
  [ -z "$bf_root" ] || [ ! -e "./$2" ] && [ ! -h "./$2" ] || exit 17
}

# bf_stat BASE PATH: tells of one.
bf_stat() {
  bf_at "$1"
  bf_enter "$2"
  bf_there || {
    ls -ld "$bf_name" >/dev/null
    exit 4
  }
  bf_show
}
