# shellcheck shell=sh
# shellcheck disable=SC2154 # enter.sh and diff.sh stand before this
# What is staged, what lies there, and commits.

# bg_stage PATH…: stages these, or everything.
bg_stage() {
  bg_work
  if [ $# -eq 0 ]; then bg_git add -A; else bg_git add -A -- "$@"; fi
}

# bg_unstage PATH…: with paths, so that a merge goes on.
bg_unstage() {
  bg_work
  if [ $# -eq 0 ]; then set -- .; fi
  bg_git reset -q -- "$@"
}

# bg_discard PATH…: as they are staged or committed; what git doesn't know is removed. Leaves with 90 where one is in conflict, with
# 89 where one is a submodule, and with 88 where something was left: what git ignores, or another repository.
bg_discard() {
  bg_work
  bg_git ls-files --error-unmatch -c -o -- "$@" >/dev/null || exit
  if [ -n "$(bg_git ls-files -u -- "$@" | head -c 1)" ]; then exit 90; fi
  if bg_git ls-files -s -- "$@" | grep -q '^160000'; then exit 89; fi
  bg_git ls-files -z -- "$@" | bg_git checkout-index -f -u -q -z --stdin || exit
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

# bg_apply FLAG [PATCH]: applies it, or stdin, to what is staged.
bg_apply() {
  if [ $# -gt 1 ]; then bg_put "$2"; else cat; fi |
    bg_git -c apply.whitespace=nowarn -c apply.ignoreWhitespace=no apply --cached ${1:+"$1"}
}

# bg_lines OF PATH IDS FLAG MODE [PATCH]: applies it where IDS still differ.
bg_lines() {
  bg_work
  bg_same "$1" "$2" "$3"
  bg_zero=$4
  shift 5
  bg_apply "$bg_zero" "$@"
}

# bg_lines_back PATH IDS FLAG MODE [PATCH]: the same to what lies there: through an index of its own, which knows the filters of
# the path, and a file beside it that takes its place when it is whole.
bg_lines_back() {
  bg_work
  bg_path=$1 bg_want=$2 bg_zero=$3 bg_mode=$4
  shift 4
  bg_same unstaged "$bg_path" "$bg_want"
  bg_dir=$(bg_git rev-parse --absolute-git-dir && bg_put .) || exit
  GIT_INDEX_FILE=${bg_dir%"$bg_nl".}/baton-index.$$ bg_made=''
  export GIT_INDEX_FILE
  trap 'rm -f "$GIT_INDEX_FILE" "$GIT_INDEX_FILE.lock" ${bg_made:+"$bg_made"}' EXIT
  rm -f "$GIT_INDEX_FILE"
  if [ -e "./$bg_path" ]; then
    bg_id=$(bg_git hash-object -w --path="$bg_path" "./$bg_path") || exit
    [ "$bg_id" = "${bg_want#*..}" ] || exit 92
  else
    bg_id=$(bg_git hash-object -w --stdin </dev/null) || exit
  fi
  bg_git update-index --add --cacheinfo "$bg_mode,$bg_id,$bg_path" || exit
  bg_apply "$bg_zero" "$@" || exit
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

# bg_commit MARK FLAG…: commits with the message on stdin; MARK, the id and the subject come behind what git says.
bg_commit() {
  bg_mark=$1
  shift
  bg_work
  bg_git commit "$@" || exit
  bg_put "$bg_mark"
  bg_git -c log.showSignature=false log -1 --format='%H %s'
}

# bg_unfinished abort|continue: gives up what the repository is in the middle of, or goes on. Leaves with 85 where there is
# nothing, and with 86 where it can't go on by itself.
bg_unfinished() {
  bg_work
  bg_dir=$(bg_git rev-parse --absolute-git-dir && bg_put .) || exit
  case $(bg_midway "${bg_dir%"$bg_nl".}") in
    merge) bg_git merge "--$1" ;;
    rebase) bg_git rebase "--$1" ;;
    am) bg_git am "--$1" ;;
    cherry_pick) bg_git cherry-pick "--$1" ;;
    revert) bg_git revert "--$1" ;;
    bisect)
      if [ "$1" = continue ]; then exit 86; fi
      bg_git bisect reset
      ;;
    *) exit 85 ;;
  esac
}
