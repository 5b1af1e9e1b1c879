# shellcheck shell=sh
# shellcheck disable=SC2154 # enter.sh and diff.sh stand before this
# What is staged, what lies there, and commits.

# bg_take BYTES: sets bg_text to a file with what stands on stdin. Leaves with 78 where that isn't so long: the way here broke, and
# half of it came.
bg_take() {
  bg_beside || exit
  bg_text=$bg_dir/baton-text.$$
  cat >"$bg_text" || exit
  [ "$(($(wc -c <"$bg_text")))" -eq "$1" ] || exit 78
}

# bg_marked: who takes everything means what is mended. Leaves with 87 where a file in conflict still holds git's marks,
# in the size that they have there (gitattributes(5), conflict-marker-size), and prints which.
bg_marked() {
  [ -n "$(bg_git ls-files -u | head -c 1)" ] || return 0
  # shellcheck disable=SC2016 # another shell's
  bg_left=$(
    bg_git diff --name-only --diff-filter=U -z |
      bg_git check-attr -z --stdin conflict-marker-size |
      xargs -0 -n 3 sh -c 'n=$3; [ "$n" -gt 0 ] || n=7; grep -laE "^(<{$n,}|>{$n,}|[|]{$n,})( |\$)" -- "$1"' - 2>/dev/null
  )
  [ -z "$bg_left" ] || {
    bg_put "$bg_left"
    exit 87
  }
}

# bg_stage PATH…: stages these, or everything.
bg_stage() {
  bg_work
  if [ $# -eq 0 ]; then
    bg_marked
    bg_hooked add -A
  else
    bg_git add -A -- "$@"
  fi
}

# bg_unstage PATH…: with paths, so that a merge goes on. Leaves with 90 where one is in conflict: its sides would be forgotten.
bg_unstage() {
  bg_work
  if [ $# -eq 0 ]; then set -- .; fi
  if [ -n "$(bg_git ls-files -u -- "$@" | head -c 1)" ]; then exit 90; fi
  bg_git reset -q -- "$@"
}

# bg_discard PATH…: as they are staged or committed; what git doesn't know is removed. Leaves with 90 where one is in conflict, with
# 89 where one is a submodule, and with 88 where something was left: what git ignores, or another repository.
bg_discard() {
  bg_work
  bg_git ls-files --error-unmatch -c -o -- "$@" >/dev/null || exit
  if [ -n "$(bg_git ls-files -u -- "$@" | head -c 1)" ]; then exit 90; fi
  if bg_git ls-files -s -- "$@" | grep -q '^160000'; then exit 89; fi
  # What was only announced (git add -N) was never staged: git knows as little of it as of any other new file.
  bg_git diff --name-only --no-renames --diff-filter=A -z -- "$@" | bg_git update-index --force-remove -z --stdin || exit
  # Not what a sparse checkout leaves out.
  bg_git ls-files -m -d -z -- "$@" | bg_git checkout-index -f -u -q -z --stdin || exit
  bg_git clean -f -d -q -- "$@" || exit
  if [ -n "$(bg_git ls-files -o -- "$@" | head -c 1)" ]; then exit 88; fi
}

# bg_same OF PATH IDS: leaves with 92 where what differs isn't what it was.
bg_same() {
  case $1 in staged) bg_flag=--cached ;; *) bg_flag=--ours ;; esac
  bg_ids=$(
    bg_git diff --no-ext-diff --no-textconv --no-color --full-index "$bg_flag" -- "$2" |
      sed -n -e '/^index /{' -e 's/^index //' -e 's/ .*//' -e p -e q -e '}'
  )
  [ "$bg_ids" = "$3" ] || exit 92
}

# bg_apply FLAG BYTES [PATCH]: applies it, or the one of BYTES on stdin, to what is staged.
bg_apply() {
  if [ $# -gt 2 ]; then
    bg_put "$3" | bg_put_in "$1"
  else
    bg_take "$2"
    bg_put_in "$1" <"$bg_text"
  fi
}

# bg_put_in FLAG: the patch on stdin.
bg_put_in() {
  bg_git -c apply.whitespace=nowarn -c apply.ignoreWhitespace=no apply --cached ${1:+"$1"}
}

# bg_lines OF PATH IDS FLAG MODE BYTES [PATCH]: applies it where IDS still differ.
bg_lines() {
  bg_work
  bg_same "$1" "$2" "$3"
  bg_flag=$4
  shift 5
  bg_apply "$bg_flag" "$@"
}

# bg_lines_back PATH IDS FLAG MODE BYTES [PATCH]: the same to what lies there: through an index of its own, which knows the filters of
# the path, and a file beside it that takes its place when it is whole.
bg_lines_back() {
  bg_work
  bg_path=$1 bg_want=$2 bg_mode=$4 bg_made=''
  bg_same unstaged "$bg_path" "$bg_want"
  bg_flag=$3
  shift 4
  bg_beside || exit
  GIT_INDEX_FILE=$bg_dir/baton-index.$$
  export GIT_INDEX_FILE
  rm -f "$GIT_INDEX_FILE"
  if [ -e "./$bg_path" ]; then
    bg_id=$(bg_git hash-object -w --path="$bg_path" "./$bg_path") || exit
    [ "$bg_id" = "${bg_want#*..}" ] || exit 92
  else
    bg_id=$(bg_git hash-object -w --stdin </dev/null) || exit
  fi
  bg_git update-index --add --cacheinfo "$bg_mode,$bg_id,$bg_path" || exit
  bg_apply "$bg_flag" "$@" || exit
  if [ -z "$(bg_git ls-files -s -- "$bg_path" | head -c 1)" ]; then
    rm -f "./$bg_path"
    exit
  fi
  bg_parent=./
  case $bg_path in
    */*)
      bg_parent=./${bg_path%/*}/
      [ -d "$bg_parent" ] || mkdir -p "$bg_parent" || exit
      ;;
  esac
  bg_made=$bg_parent.baton-lines.$$
  rm -f "$bg_made"
  (set -C && : >"$bg_made") || exit
  if [ -e "./$bg_path" ]; then
    # Its mode, and its owner where that may be given.
    cp -p "./$bg_path" "$bg_made" || exit
  elif [ "$bg_mode" = 100755 ]; then
    chmod +x "$bg_made"
  fi
  bg_git cat-file --filters ":0:$bg_path" >"$bg_made" || exit
  if [ -e "./$bg_path" ]; then
    bg_now=$(bg_git hash-object --path="$bg_path" "./$bg_path") || exit
    [ "$bg_now" = "$bg_id" ] || exit 92
  fi
  mv -f "$bg_made" "./$bg_path"
}

# bg_commit MARK BYTES FLAG…: commits with the message of BYTES on stdin, or with the one that is there, and prints MARK, the id and
# the subject; what git says, a line for each new file among it, goes to stderr. Whatever the account likes, nothing but blanks goes from the message.
bg_commit() {
  bg_mark=$1 bg_bytes=$2
  shift 2
  bg_work
  bg_take "$bg_bytes"
  case " $* " in *' --all '*) bg_marked ;; esac
  if [ "$bg_bytes" -gt 0 ]; then
    set -- --cleanup=whitespace -F "$bg_text" "$@"
  else
    set -- --no-edit "$@"
  fi
  bg_hooked commit "$@" >&2 || exit
  bg_put "$bg_mark"
  bg_git log -1 --format='%H %s'
}

# bg_unfinished abort|continue: gives up what the repository is in the middle of, or goes on. Leaves with 85 where there is
# nothing, and with 86 where it can't go on by itself.
bg_unfinished() {
  bg_work
  bg_beside || exit
  case $(bg_midway "$bg_dir") in
    merge) bg_hooked merge "--$1" ;;
    rebase) bg_hooked rebase "--$1" ;;
    am) bg_hooked am "--$1" ;;
    cherry_pick) bg_hooked cherry-pick "--$1" ;;
    revert) bg_hooked revert "--$1" ;;
    bisect)
      if [ "$1" = continue ]; then exit 86; fi
      bg_hooked bisect reset
      ;;
    *) exit 85 ;;
  esac
}
