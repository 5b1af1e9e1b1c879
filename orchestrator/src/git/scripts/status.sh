# shellcheck shell=sh
# shellcheck disable=SC2154 # enter.sh stands before this
# How a repository stands.

# bg_status MARK BYTES COUNT: what `git status` says, at most BYTES of it and `E` behind it where that is all; then MARK before
# each of: the top, the common git directory, whether it is bare (1), what it is in the middle of, how many stashes the log of
# them has, the names of its remotes, where COUNT says so the changed lines since the last commit, and where we are below the
# top. Leaves with git's words outside of a repository.
bg_status() {
  # git's own work is what the person waits for: all that is asked runs at once, and there are no more gits than it takes.
  {
    bg_git status --porcelain=v2 --branch --show-stash -z --untracked-files=all && bg_put E
  } 2>/dev/null | head -c "$2" &
  bg_tail=$({ [ -z "$3" ] || bg_count 2>/dev/null; } | bg_around "$1")
  bg_left=$?
  wait "$!"
  case $bg_left in
    0) ;;
    90)
      # What status says of no working tree.
      bg_put "# branch.oid $(bg_git rev-parse -q --verify HEAD || bg_put '(initial)')"
      command printf '\0'
      bg_put "# branch.head $(bg_git symbolic-ref -q --short HEAD || bg_put '(detached)')"
      command printf '\0'
      bg_put E
      ;;
    *) exit "$bg_left" ;;
  esac
  bg_put "${bg_tail%.}"
}

# bg_around MARK: all that follows what status says, and a dot; the counted lines are read from stdin. Leaves with 90 where it is bare, and
# with git's words outside of a repository.
bg_around() {
  bg_bare=''
  bg_found || bg_asked "$1"
  bg_put "$1$bg_cdup$1$bg_common$1$bg_bare$1"
  bg_midway "$bg_dir"
  bg_put "$1"
  # A younger git than 2.35 tells them itself.
  if [ -s "$bg_common/logs/refs/stash" ]; then { wc -l <"$bg_common/logs/refs/stash"; } 2>/dev/null; fi
  bg_put "$1"
  # They may also stand in the account's own settings.
  if [ -n "$bg_remotes" ]; then bg_put "$bg_remotes"; else bg_git remote; fi
  IFS= read -r bg_lines || bg_lines=''
  bg_put "$1$bg_lines$1$bg_prefix."
  [ -z "$bg_bare" ] || exit 90
}

# bg_found: sets bg_cdup to the top, bg_dir to its git directory, bg_common to the one that is shared, bg_prefix to where we are below
# the top, and bg_remotes to the names of remotes, all by looking, as git itself finds a repository: a git for it would take longer
# than the rest. Fails where it isn't as `git init` makes it, and git has to be asked.
bg_found() {
  cd -P . || return
  bg_cdup=$PWD bg_remotes=''
  until [ -e "${bg_cdup%/}/.git" ]; do
    # The inside of a git directory, or a bare one.
    [ ! -e "${bg_cdup%/}/HEAD" ] || return
    bg_cdup=${bg_cdup%/*}
    [ -n "$bg_cdup" ] || return
  done
  bg_dir=${bg_cdup%/}/.git bg_common=${bg_cdup%/}/.git
  [ -d "$bg_dir/objects" ] && [ -d "$bg_dir/refs" ] && [ ! -h "$bg_dir" ] && [ ! -e "$bg_dir/commondir" ] || return
  { IFS= read -r bg_head <"$bg_dir/HEAD"; } 2>/dev/null || return
  case $bg_head in 'ref: refs/'*) ;; '' | *[!0-9a-f]*) return 1 ;; esac
  # The last line may have no end.
  while IFS= read -r bg_line || [ -n "$bg_line" ]; do
    case $bg_line in
      *'bare = false') ;;
      # What may put the files elsewhere, or say more in another file; `worktree` is one of them.
      *[Bb][Aa][Rr][Ee]* | *[Tt][Rr][Ee][Ee]* | *[Ii][Nn][Cc][Ll][Uu][Dd][Ee]*) return 1 ;;
      '[remote "'*[\\\"]*'"]'*) return 1 ;;
      '[remote "'*'"]')
        bg_line=${bg_line#'[remote "'}
        bg_line=${bg_line%'"]'}$bg_nl
        # What is said of one may stand in two places.
        case $bg_nl$bg_remotes in *"$bg_nl$bg_line"*) ;; *) bg_remotes=$bg_remotes$bg_line ;; esac
        ;;
      *'['*[Rr][Ee][Mm][Oo][Tt][Ee]*) return 1 ;;
    esac
  done <"$bg_dir/config"
  bg_prefix=${PWD#"${bg_cdup%/}"}
  bg_prefix=${bg_prefix#/}
  [ -z "$bg_prefix" ] || bg_prefix=$bg_prefix/
}

# bg_asked MARK: the same by git's own words; bg_bare is 1 where there is no working tree.
bg_asked() {
  bg_remotes=''
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
    *) exit "$bg_left" ;;
  esac
  bg_dir=${bg_said%%"$bg_mark"*}
  bg_said=${bg_said#*"$bg_mark"}
  bg_common=${bg_said%%"$bg_mark"*}
  bg_said=${bg_said#*"$bg_mark"}
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
