# shellcheck shell=sh
# shellcheck disable=SC2034,SC2154 # the others use what is set here, and set bg_made
# The way into a directory, and how git runs there. Each call is a subshell's own: it may go where it likes, and leave. Leaves
# with 93 where the directory isn't there, with 94 where it may not be entered, with 95 where there is no git, and with 96 where the
# .git there or above may not be read.

bg_nl='
'

# bg_put TEXT: prints it. printf is a program of its own in some shells (mksh, OpenBSD's), and takes no more than an argument
# may have; print is theirs.
case ${KSH_VERSION-} in
  ?*)
    # shellcheck disable=SC3061,SC2039,SC3025
    bg_put() { print -rn -- "$1"; }
    ;;
  *)
    bg_put() { printf '%s' "$1"; }
    ;;
esac

# bg_git WORD…: git without a pager, colours, quoted names, signatures in its logs and differences of one directory alone, whatever
# the account likes.
bg_git() {
  command git --no-pager -c core.quotePath=false -c color.ui=false -c i18n.logOutputEncoding=UTF-8 -c log.showSignature=false \
    -c diff.relative=false "$@"
}

# bg_go DIRECTORY: goes there; a relative one begins at home, wherever the server puts us.
bg_go() {
  unset CDPATH
  case $1 in /*) ;; *) cd "$HOME" 2>/dev/null || : ;; esac
  cd -- "$1" >/dev/null 2>&1 || {
    [ -d "$1" ] && exit 94
    exit 93
  }
  command -v git >/dev/null 2>&1 || exit 95
  # git takes one that it may not read for none, and goes on upwards, to another repository.
  bg_up=$PWD
  while [ "$bg_up" ] && [ ! -e "$bg_up/.git" ]; do bg_up=${bg_up%/*}; done
  [ ! -d "$bg_up/.git" ] || [ -x "$bg_up/.git" ] || exit 96
  # What says where a repository is, counts for who set it, and not here.
  unset GIT_DIR GIT_WORK_TREE GIT_INDEX_FILE GIT_PREFIX GIT_COMMON_DIR GIT_OBJECT_DIRECTORY GIT_NAMESPACE \
    GIT_ALTERNATE_OBJECT_DIRECTORIES GIT_CEILING_DIRECTORIES GIT_EXTERNAL_DIFF GIT_DIFF_OPTS \
    GIT_GLOB_PATHSPECS GIT_NOGLOB_PATHSPECS GIT_ICASE_PATHSPECS GIT_QUARANTINE_PATH
  # Nobody is there to be asked. git says what it would have asked; an editor leaves everything as it is.
  export GIT_TERMINAL_PROMPT=0 GIT_ASKPASS=false SSH_ASKPASS=false SSH_ASKPASS_REQUIRE=force
  export GIT_EDITOR=: GIT_SEQUENCE_EDITOR=: GIT_MERGE_AUTOEDIT=no GIT_PAGER=cat GIT_LITERAL_PATHSPECS=1
}

# bg_ask DIRECTORY: goes there for a question: nobody who works there is kept waiting for a lock of ours.
bg_ask() {
  bg_go "$1"
  export LC_ALL=C GIT_OPTIONAL_LOCKS=0
}

# bg_do DIRECTORY: goes there to change something. git speaks plain English; hooks keep the account's letters.
bg_do() {
  bg_go "$1"
  [ -z "${LC_ALL-}" ] || export LANG="$LC_ALL"
  unset LC_ALL
  export LC_MESSAGES=C LANGUAGE=C
}

# bg_in: leaves with git's words outside of a repository.
bg_in() {
  bg_git rev-parse --git-dir >/dev/null || exit
}

# bg_where: sets bg_cdup to the top of the working tree, also one whose name ends with a newline.
bg_where() {
  bg_cdup=$(bg_git rev-parse --show-toplevel && bg_put .) || return
  bg_cdup=${bg_cdup%"$bg_nl".}
}

# bg_top: goes to the top of the working tree; a repository without one stays where it is.
bg_top() {
  bg_where 2>/dev/null || return 0
  cd -- "$bg_cdup" || exit
}

# bg_work: the same, and leaves with git's words where there is no working tree.
bg_work() {
  bg_where || exit
  cd -- "$bg_cdup" || exit
}

# bg_oid NAME: prints the commit of that name, if it has one.
bg_oid() {
  bg_git rev-parse -q --verify "$1^{commit}" 2>/dev/null
}

# bg_of NAME: prints the commit of that name, a branch's before a tag's.
bg_of() {
  for bg_one in "refs/heads/$1" "refs/remotes/$1"; do
    bg_oid "$bg_one" && return
  done
  bg_oid "$1"
}

# bg_empty: sets bg_tree to the tree without files.
bg_empty() {
  bg_tree=$(bg_git hash-object -t tree /dev/null)
}

# bg_default: sets bg_base to the branch that others are based on, as this repository has it, and bg_short to its name. Fails
# where it can't be told.
bg_default() {
  bg_base=$(bg_git symbolic-ref -q refs/remotes/origin/HEAD) && bg_oid "$bg_base" >/dev/null && {
    bg_short=${bg_base#refs/remotes/origin/}
    return 0
  }
  for bg_short in main master; do
    for bg_base in "refs/heads/$bg_short" "refs/remotes/origin/$bg_short"; do
      bg_oid "$bg_base" >/dev/null && return 0
    done
  done
  bg_base='' bg_short=''
  return 1
}

# bg_beside: sets bg_dir to the repository's git directory, where files of ours lie while a call runs.
bg_beside() {
  bg_dir=$(bg_git rev-parse --absolute-git-dir && bg_put .) || return
  bg_dir=${bg_dir%"$bg_nl".}
  trap 'rm -f "$bg_dir/baton-text.$$" "$bg_dir/baton-said.$$" "$bg_dir/baton-said.$$.err" "$bg_dir/baton-index.$$" \
    "$bg_dir/baton-index.$$.lock" ${bg_made:+"$bg_made"}' EXIT
}

# bg_hooked WORD…: git, whose hooks may leave somebody behind who goes on and speaks: nobody waits for those, or hears them.
bg_hooked() {
  bg_beside || return
  bg_said=$bg_dir/baton-said.$$
  bg_git "$@" >"$bg_said" 2>"$bg_said.err" </dev/null
  bg_left=$?
  cat "$bg_said"
  cat "$bg_said.err" >&2
  # On a full disk its words are lost: who writes there as well says why.
  [ "$bg_left" = 0 ] || [ -s "$bg_said.err" ] || bg_put x | cat >"$bg_said"
  return "$bg_left"
}
