# shellcheck shell=sh
# shellcheck disable=SC2154 # enter.sh stands before this
# What git sends and fetches, as a run of its own. Everybody's words go to stdout; what the reader has to know goes to
# descriptor 3, as `KEY VALUE` ended by a NUL.

# bn_tell KEY VALUE: tells the reader. printf is a program in some shells, which is no harm here.
bn_tell() {
  printf '%s %s\0' "$1" "$2" >&3
}

# bn_stop WHY [VALUE]: ends the work for a reason that the reader has words for.
bn_stop() {
  bn_tell why "$1"
  [ $# -lt 2 ] || bn_tell what "$2"
  exit 90
}

# bn_git WORD…: git, whose hooks and helpers don't get the reader's descriptor.
bn_git() {
  bg_git "$@" 3>&-
}

# bn_begin: begins in the directory of the run. Whoever asks a question gets no answer, and what they asked is noted beside
# this script; where no program may be run from there, only that they asked.
bn_begin() {
  bg_do "$PWD"
  # Stashes of git's own name all files with a pattern.
  unset GIT_LITERAL_PATHSPECS
  GCM_INTERACTIVE=never
  export GCM_INTERACTIVE
  bn_ask=${0%/*}/ask
  # shellcheck disable=SC2016 # the helper expands it
  printf '%s\n' '#!/bin/sh' '[ -z "$1" ] || printf "%s\n" "$1" >>"${0%/*}/asked"' 'exit 9' >"$bn_ask" &&
    chmod 700 "$bn_ask" && "$bn_ask" '' 2>/dev/null
  case $? in
    9)
      GIT_ASKPASS=$bn_ask SSH_ASKPASS=$bn_ask
      export GIT_ASKPASS SSH_ASKPASS
      ;;
  esac
  bg_git rev-parse --git-dir >/dev/null || exit
}

# bn_end STATUS: ends the work as git ended, with what it asked.
bn_end() {
  if [ "$1" -ne 0 ] && [ -s "${0%/*}/asked" ]; then
    bn_tell asked "$(cat "${0%/*}/asked")"
  fi
  exit "$1"
}

# bn_head: sets bn_branch to the branch that is checked out.
bn_head() {
  bn_branch=$(bg_git symbolic-ref -q HEAD) && {
    bn_branch=${bn_branch#refs/heads/}
    return
  }
  bn_dir=$(bg_git rev-parse --git-dir)
  if [ -d "$bn_dir/rebase-merge" ] || [ -d "$bn_dir/rebase-apply" ]; then bn_stop rebasing; fi
  bn_stop detached
}

# bn_branch NAME: sets bn_branch to that branch, or to the one that is checked out.
bn_branch() {
  bn_branch=$1
  if [ -z "$bn_branch" ]; then
    bn_head
  fi
  bg_oid "refs/heads/$bn_branch" >/dev/null || bn_stop no_branch "$bn_branch"
  bn_tell branch "$bn_branch"
}

# bn_set NAME: a setting of the repository; fails where it isn't set.
bn_set() {
  bg_git config --get "$1"
}

# bn_remote NAME: sets bn_remote to that remote, or to the one that bn_branch goes to.
bn_remote() {
  bn_remote=$1
  [ -n "$bn_remote" ] ||
    bn_remote=$(bn_set "branch.$bn_branch.pushRemote" || bn_set remote.pushDefault || bn_set "branch.$bn_branch.remote")
  # The repository itself is where a branch goes that follows a local one.
  if [ -z "$bn_remote" ] || [ "$bn_remote" = . ]; then
    bn_remotes=$(bg_git remote)
    case "$bg_nl$bn_remotes$bg_nl" in
      "$bg_nl$bg_nl") bn_stop no_remote ;;
      *"${bg_nl}origin$bg_nl"*) bn_remote=origin ;;
      "$bg_nl"*"$bg_nl"*"$bg_nl") bn_stop which_remote "$bn_remotes" ;;
      *) bn_remote=$bn_remotes ;;
    esac
  fi
  bn_tell remote "$bn_remote"
}

# bn_push REMOTE BRANCH FORCE TAGS OWN: pushes the branch to what it follows, else to one of its own name, which it follows
# from then on; OWN takes one of its own name in any case. FORCE replaces what is there, if it is what was last seen of it.
bn_push() {
  bn_branch "$2"
  bn_remote "$1"
  bn_follows=''
  if [ "$(bn_set "branch.$bn_branch.remote")" = "$bn_remote" ]; then
    bn_follows=$(bn_set "branch.$bn_branch.merge")
  fi
  bn_to=refs/heads/$bn_branch
  if [ -n "$bn_follows" ] && [ "$bn_follows" != "$bn_to" ] && [ -z "$5" ]; then
    case $(bn_set push.default) in
      upstream | tracking) bn_to=$bn_follows ;;
      current) ;;
      *) bn_stop other_name "$bn_remote/${bn_follows#refs/heads/}" ;;
    esac
  fi
  bn_own=$5
  set -- "$3" "$4" push --progress
  # A branch that follows another one goes on with that, unless it is pushed under its own name for good.
  case $bn_follows in
    "$bn_to") ;;
    *) if [ -n "$bn_own" ] || [ -z "$(bn_set "branch.$bn_branch.merge")" ]; then
      bn_tell follows 1
      set -- "$@" --set-upstream
    fi ;;
  esac
  if [ -n "$1" ]; then
    bn_seen=$(bg_git rev-parse -q --verify "refs/remotes/$bn_remote/${bn_to#refs/heads/}") || bn_seen=''
    set -- "$@" "--force-with-lease=$bn_to:$bn_seen"
  fi
  [ -z "$2" ] || set -- "$@" --tags
  shift 2
  bn_git "$@" -- "$bn_remote" "refs/heads/$bn_branch:$bn_to"
}

# bn_fetch REMOTE PRUNE: fetches from one or all remotes.
bn_fetch() {
  [ -n "$(bg_git remote)" ] || [ -n "$1" ] || bn_stop no_remote
  set -- "$1" ${2:+--prune}
  if [ -n "$1" ]; then
    bn_tell remote "$1"
    bn_from=$1
    shift
    bn_git fetch --progress "$@" -- "$bn_from"
  else
    shift
    bn_git fetch --progress "$@" --all
  fi
}

# bn_pull HOW: brings in what the branch follows; HOW is rebase, merge, or nothing for what git is set to, else only forward.
bn_pull() {
  bn_how=$1
  bn_head
  bn_tell branch "$bn_branch"
  bn_from=$(bn_set "branch.$bn_branch.merge") || {
    [ -n "$(bg_git remote)" ] || bn_stop no_remote
    bn_stop no_upstream
  }
  bn_remote=$(bn_set "branch.$bn_branch.remote")
  bn_tell remote "$bn_remote/${bn_from#refs/heads/}"
  # Only forward, unless somebody wants it otherwise.
  case $bn_how in
    rebase) bn_how=--rebase ;;
    merge) bn_how=--no-rebase ;;
    *)
      bn_how=''
      bn_set "branch.$bn_branch.rebase" >/dev/null || bn_set pull.rebase >/dev/null || bn_set pull.ff >/dev/null ||
        bn_how=--ff-only
      ;;
  esac
  # Before the first commit there is none.
  bn_was=$(bg_git rev-parse -q --verify HEAD) && bn_was="^$bn_was"
  set -- --progress ${bn_how:+"$bn_how"}
  # Who wants a merge wants it whatever pull.ff says.
  [ "$bn_how" != --no-rebase ] || set -- "$@" --ff
  bn_git pull "$@"
  bn_status=$?
  if [ "$bn_status" -eq 0 ]; then
    # How much came: what the upstream has that we had not.
    bn_tell commits "$(bg_git rev-list --count "@{upstream}" ${bn_was:+"$bn_was"} 2>/dev/null)"
  else
    bn_unmerged=$(bg_git -c core.quotePath=true diff --name-only --diff-filter=U 2>/dev/null)
    if [ -n "$bn_unmerged" ]; then
      bn_git_dir=$(bg_git rev-parse --git-dir)
      bn_doing=merge
      if [ -d "$bn_git_dir/rebase-merge" ] || [ -d "$bn_git_dir/rebase-apply" ]; then bn_doing=rebase; fi
      bn_tell doing "$bn_doing"
      bn_tell unmerged "$bn_unmerged"
    fi
  fi
  return "$bn_status"
}
