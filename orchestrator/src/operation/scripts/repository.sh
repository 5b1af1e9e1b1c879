# shellcheck shell=sh
# bo_repository DIRECTORY: the repository of a directory, the same for all its worktrees: the real path of its common directory,
# ended by a NUL. Nothing where there is none, or no git; status 3 where the directory can't be entered. A relative one
# begins at home.

bo_repository() {
  LC_ALL=C
  export LC_ALL
  unset CDPATH
  cd "$HOME" >/dev/null 2>&1 || :
  cd -- "$1" >/dev/null 2>&1 || return 3
  # git before 2.31 knows no --path-format, and gives a path that begins here.
  bo_common=$(git rev-parse --git-common-dir 2>/dev/null && echo .) || return 0
  bo_common=${bo_common%?.}
  cd -P -- "$bo_common" >/dev/null 2>&1 || return 0
  printf '%s\0' "$PWD"
}
