# shellcheck shell=sh
# shellcheck disable=SC2154 # enter.sh stands before this
# How a repository stands.

# bg_status MARK BYTES COUNT: what `git status` says, at most BYTES of it and `E` behind it where that is all; then MARK before
# each of: the top, the common git directory, whether it is bare (1), what it is in the middle of, how many stashes the log of
# them has, the names of its remotes, where COUNT says so the changed lines since the last commit, and where we are below the
# top. Leaves with git's words outside of a repository.
bg_status() {
  # git's own work is what the person waits for: the lines are counted beside, and there are no more gits than it takes.
  {
    bg_git status --porcelain=v2 --branch --show-stash -z --untracked-files=all && bg_put E
  } 2>/dev/null | head -c "$2" &
  bg_first=$!
  # An option that git doesn't know is said again: it stands between the answers, whose names may hold newlines. Without a
  # working tree it fails at the last one.
  bg_mark="$bg_nl--$1$bg_nl"
  bg_said=$(
    bg_git rev-parse --absolute-git-dir "--$1" --git-common-dir "--$1" --is-bare-repository "--$1" --show-prefix "--$1" \
      --show-toplevel
    bg_put ".$?"
  )
  bg_left=${bg_said##*.}
  bg_said=${bg_said%.*}
  case $bg_said in
    *"$bg_mark"*) ;;
    *)
      wait "$bg_first"
      exit "$bg_left"
      ;;
  esac
  bg_dir=${bg_said%%"$bg_mark"*}
  bg_said=${bg_said#*"$bg_mark"}
  bg_common=${bg_said%%"$bg_mark"*}
  bg_said=${bg_said#*"$bg_mark"}
  bg_bare=''
  case $bg_said in true"$bg_nl"*) bg_bare=1 ;; esac
  bg_said=${bg_said#*"$bg_mark"}
  bg_prefix=${bg_said%%"$bg_mark"*}
  bg_cdup=${bg_said#*"$bg_mark"}
  if [ "$bg_left" = 0 ]; then bg_cdup=${bg_cdup%"$bg_nl"}; else bg_cdup=$bg_dir; fi
  # Only a relative one depends on where we are.
  case $bg_common in
    "$bg_dir" | .) bg_common=$bg_dir ;;
    *)
      bg_common=$(cd -P -- "$bg_common" && bg_put "$PWD.")
      bg_common=${bg_common%.}
      ;;
  esac
  bg_middle=$(bg_midway "$bg_dir")
  bg_stashes=''
  # A younger git than 2.35 tells them itself.
  if [ -s "$bg_common/logs/refs/stash" ]; then bg_stashes=$({ wc -l <"$bg_common/logs/refs/stash"; } 2>/dev/null); fi
  bg_remotes=$(bg_git remote)
  bg_lines=''
  if [ -n "$3" ]; then bg_lines=$(bg_count 2>/dev/null); fi
  wait "$bg_first"
  # What status says of no working tree.
  if [ -n "$bg_bare" ]; then
    bg_put "# branch.oid $(bg_git rev-parse -q --verify HEAD || bg_put '(initial)')"
    command printf '\0'
    bg_put "# branch.head $(bg_git symbolic-ref -q --short HEAD || bg_put '(detached)')"
    command printf '\0'
    bg_put E
  fi
  bg_put "$1$bg_cdup$1$bg_common$1$bg_bare$1$bg_middle$1$bg_stashes$1$bg_remotes$1$bg_lines$1$bg_prefix"
}

# bg_why: git status for its complaints.
bg_why() {
  bg_git status --porcelain=v2 --branch -z >/dev/null
}

# bg_count: lines added and removed, in git's words. Before the first commit all of them are new.
bg_count() {
  bg_git diff --no-ext-diff --no-textconv --shortstat HEAD -- && return
  bg_empty
  bg_git diff --no-ext-diff --no-textconv --shortstat "$bg_tree" --
}

# bg_midway DIRECTORY: what the repository with that git directory is in the middle of.
bg_midway() {
  if [ -d "$1/rebase-merge" ]; then
    bg_put rebase
  elif [ -d "$1/rebase-apply" ]; then
    if [ -e "$1/rebase-apply/applying" ]; then bg_put am; else bg_put rebase; fi
  elif [ -e "$1/MERGE_HEAD" ]; then
    bg_put merge
  elif [ -e "$1/CHERRY_PICK_HEAD" ]; then
    bg_put cherry_pick
  elif [ -e "$1/REVERT_HEAD" ]; then
    bg_put revert
  elif [ -e "$1/sequencer/todo" ]; then
    # Between two of many.
    case $(head -n 1 "$1/sequencer/todo") in
      revert*) bg_put revert ;;
      *) bg_put cherry_pick ;;
    esac
  elif [ -e "$1/BISECT_LOG" ]; then
    bg_put bisect
  fi
}
