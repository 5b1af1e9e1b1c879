# shellcheck shell=sh
# shellcheck disable=SC2154 # enter.sh stands before this
# Differences. Each is cut after so many bytes; where it is whole, the mark stands behind it.

# bg_parts OF WORD: sets bg_one and bg_two to what a diff is made between, as options or commits; OF is unstaged, staged, head, base
# or commit, and WORD the base or the commit. Leaves with 96 where no base can be told, with 97 where there is no such commit, and
# with 98 where they have nothing in common.
bg_parts() {
  bg_one='' bg_two=''
  case $1 in
    # Of a file in conflict: ours, and what lies there.
    unstaged) bg_one=--ours ;;
    staged) bg_one=--cached ;;
    head)
      bg_one=$(bg_oid HEAD) || {
        bg_empty
        bg_one=$bg_tree
      }
      ;;
    base)
      if [ -n "$2" ]; then bg_base=$2; else bg_default || exit 96; fi
      bg_base=$(bg_of "$bg_base") || exit 97
      if bg_oid HEAD >/dev/null; then
        bg_one=$(bg_git merge-base HEAD "$bg_base") || exit 98
      else
        exit 98
      fi
      ;;
    commit)
      bg_two=$(bg_of "$2") || exit 97
      bg_one=$(bg_git rev-parse -q --verify "$bg_two^1") || {
        bg_empty
        bg_one=$bg_tree
      }
      ;;
  esac
}

# bg_look WORD…: the diff that we read: names are told by --raw, and every setting that would change its form is overruled.
bg_look() {
  bg_git -c diff.suppressBlankEmpty=false -c diff.noprefix=false -c diff.mnemonicPrefix=false diff --no-ext-diff \
    --no-textconv --no-color --submodule=short --src-prefix=a/ --dst-prefix=b/ --inter-hunk-context=0 \
    --raw -p -z --full-index --no-abbrev "$@"
}

# bg_diff MARK BYTES CONTEXT OF WORD PATH…
bg_diff() {
  bg_mark=$1 bg_most=$2 bg_around=$3
  bg_outer "$4"
  bg_parts "$4" "$5"
  shift 5
  {
    bg_look -M -U"$bg_around" ${bg_one:+"$bg_one"} ${bg_two:+"$bg_two"} -- "$@" && bg_put "$bg_mark"
  } | head -c "$bg_most"
}

# bg_patch MARK BYTES OF WORD PATH…: as git prints it, for git apply.
bg_patch() {
  bg_mark=$1 bg_most=$2
  bg_outer "$3"
  bg_parts "$3" "$4"
  # Of a file in conflict git prints both sides.
  if [ "$3" = unstaged ]; then bg_one=''; fi
  shift 4
  {
    bg_plain ${bg_one:+"$bg_one"} ${bg_two:+"$bg_two"} -- "$@" && bg_put "$bg_mark"
  } | head -c "$bg_most"
}

bg_plain() {
  command git --no-pager -c diff.relative=false -c diff.noprefix=false -c diff.mnemonicPrefix=false diff --no-ext-diff \
    --no-textconv --no-color --submodule=short --src-prefix=a/ --dst-prefix=b/ -U3 --inter-hunk-context=0 --binary \
    --full-index "$@"
}

# bg_outer OF: goes to the top; what lies there can only be looked at where something does.
bg_outer() {
  case $1 in
    staged | commit)
      bg_in
      bg_top
      ;;
    *) bg_work ;;
  esac
}

# bg_new MARK BYTES CONTEXT MOST PATH: a file that git doesn't know, as all new; `large` for one of more than MOST bytes.
# bg_new_patch MARK BYTES PATH: the same as git prints it.
bg_new() {
  bg_mark=$1 bg_most=$2
  bg_alone "$5"
  if [ -n "$(find "./$5" -prune -type f -size "+$4c" 2>/dev/null)" ]; then
    bg_put "large$bg_mark"
    exit
  fi
  {
    bg_look -U"$3" --no-index -- /dev/null "./$5"
    [ $? -le 1 ] && bg_put "$bg_mark"
  } | head -c "$bg_most"
}

bg_new_patch() {
  bg_mark=$1 bg_most=$2
  bg_alone "$3"
  {
    bg_plain --no-index -- /dev/null "$bg_file"
    [ $? -le 1 ] && bg_put "$bg_mark"
  } | head -c "$bg_most"
}

# bg_alone PATH: sets bg_file to it. Leaves with 91 where it is no file (who opens a pipe, waits), and with 97 where nothing is there.
bg_alone() {
  bg_work
  bg_file=$1
  # git takes it for stdin.
  case $1 in -) bg_file=./- ;; esac
  if [ -f "./$1" ] || [ -h "./$1" ]; then return; fi
  if [ -e "./$1" ]; then exit 91; fi
  exit 97
}

# bg_blobs MARK BYTES CONTEXT OLD NEW: between two that git has stored.
bg_blobs() {
  {
    bg_look -U"$3" "$4" "$5" && bg_put "$1"
  } | head -c "$2"
}
