# shellcheck shell=sh
# shellcheck disable=SC2154 # enter.sh stands before this
# Branches. Names are those of branches alone, never of a tag that is called the same. Leaves with 97 where there is none.

# bg_branches MARK: a record of nine fields for each branch, MARK, the newest tags, MARK, and the branch that others are based on.
bg_branches() {
  bg_in
  bg_begin='%(refname)%00%(HEAD)%00'
  bg_end='%00%(upstream)%00%(upstream:track,nobracket)%00%(objectname)%00%(committerdate:unix)%00%(symref)%00%(contents:subject)%00'
  # git before 2.23 doesn't know where a branch is checked out.
  bg_git for-each-ref --sort=-committerdate --format="$bg_begin%(worktreepath)$bg_end" refs/heads refs/remotes 2>/dev/null ||
    bg_git for-each-ref --sort=-committerdate --format="$bg_begin$bg_end" refs/heads refs/remotes || exit
  bg_put "$1"
  bg_git for-each-ref --sort=-creatordate --count=1000 --format='%(refname:lstrip=2)' refs/tags || exit
  bg_default
  bg_put "$1$bg_short"
}

# bg_is REF: whether there is one.
bg_is() {
  bg_git show-ref -q --verify "$1"
}

# bg_switch NAME: a remote's branch gets one here that follows it.
bg_switch() {
  bg_work
  bg_local=${1#*/}
  # Names of remotes may hold a slash.
  for bg_one in $(bg_git remote); do
    case $1 in "$bg_one"/*) bg_local=${1#"$bg_one"/} ;; esac
  done
  if bg_is "refs/heads/$1"; then
    bg_checkout "$1" "$1" --
  elif bg_is "refs/remotes/$1" && bg_is "refs/heads/$bg_local"; then
    # One that follows another remote is another branch. Leaves with 82, and prints the two.
    bg_up=$(bg_git for-each-ref --format='%(upstream)' "refs/heads/$bg_local")
    [ "$bg_up" = "refs/remotes/$1" ] || {
      bg_put "$bg_local ${bg_up#refs/*/}"
      exit 82
    }
    bg_checkout "$bg_local" "$bg_local" --
  elif bg_is "refs/remotes/$1"; then
    bg_checkout "$bg_local" --track -b "$bg_local" "refs/remotes/$1" --
  elif [ -n "$(bg_git for-each-ref --count=1 --format=1 "refs/remotes/*/$1")" ]; then
    bg_checkout "$1" "$1" --
  else
    exit 97
  fi
}

# bg_checkout BRANCH WORD…: checks it out, and writes over no file that git ignores; tells of commits that only a detached head
# held. Leaves with 81 where that was done, and a hook behind it failed.
bg_checkout() {
  bg_to=refs/heads/$1
  shift
  bg_was=$(bg_git symbolic-ref -q HEAD) || bg_at=$(bg_git rev-parse -q --verify HEAD)
  bg_hooked checkout -q --no-overwrite-ignore "$@" >&2 && {
    bg_lost "${bg_at-}"
    return
  }
  [ "$bg_was" = "$bg_to" ] || [ "$(bg_git symbolic-ref -q HEAD)" != "$bg_to" ] || exit 81
  exit "$bg_left"
}

# bg_lost COMMIT: prints it, and how many it is the last of, where neither a branch nor a tag nor the head has it any more.
bg_lost() {
  bg_n=$(bg_git rev-list --count "$1" --not --all HEAD 2>/dev/null) && [ "$bg_n" != 0 ] && bg_put "$1 $bg_n"
  return 0
}

# bg_branch NAME START SWITCH: makes one that follows nobody.
bg_branch() {
  bg_named "$1"
  bg_start=''
  if [ -n "$2" ]; then
    bg_in
    bg_start=$(bg_of "$2") || exit 97
  fi
  if [ -n "$3" ]; then
    bg_work
    bg_checkout "$1" --no-track -b "$1" ${bg_start:+"$bg_start"} --
  else
    [ -n "$bg_start" ] || bg_oid HEAD >/dev/null || {
      bg_in
      exit 83
    }
    bg_git branch --no-track "$1" ${bg_start:+"$bg_start"}
  fi
}

# bg_named NAME: leaves with 84 where no branch may be called so.
bg_named() {
  bg_git check-ref-format "refs/heads/$1" || exit 84
}

bg_rename() {
  bg_in
  bg_named "$2"
  bg_is "refs/heads/$1" || exit 97
  bg_git branch -m -- "$1" "$2"
}

# bg_delete FLAG NAME: deletes it, and tells of commits that only it held.
bg_delete() {
  bg_in
  bg_is "refs/heads/$2" || exit 97
  bg_at=$(bg_git rev-parse "refs/heads/$2")
  bg_git branch "$1" -- "$2" >&2 || exit
  bg_lost "$bg_at"
}
