# shellcheck shell=sh
# shellcheck disable=SC2034 # the others use bf_nl
# What the others print with. Names begin with bf_: shells that learn this know other scripts of ours, too.

bf_nl='
'

# bf_put TEXT: prints it. printf is a program of its own in some shells (mksh, OpenBSD's), and takes no more than an argument
# may have; print is theirs.
case ${KSH_VERSION-} in
  ?*)
    # shellcheck disable=SC3061,SC2039,SC3025
    bf_put() { print -rn -- "$1"; }
    ;;
  *)
    bf_put() { printf '%s' "$1"; }
    ;;
esac

# bf_go PATH BASE: goes to PATH; a relative one begins at BASE, and that at home, wherever the server puts us. What is read
# there is in plain words and in the order of bytes, whatever the account likes.
bf_go() {
  LC_ALL=C
  export LC_ALL
  unset CDPATH
  case $1 in
    /*) ;;
    *)
      cd "$HOME" >/dev/null 2>&1 || :
      cd -- "$2" >/dev/null 2>&1 || return 1
      ;;
  esac
  cd -- "$1" >/dev/null 2>&1 || return 1
}
