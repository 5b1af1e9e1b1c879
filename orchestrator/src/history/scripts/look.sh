# shellcheck shell=sh
# shellcheck disable=SC2154 # process.sh, enter.sh and quick.sh stand before this
# b_look MARK MOST KNOWN: lists the project's files, and what is new in those of KNOWN, words `INODE:NAME:OFFSET`, unless
# that is more than MOST bytes together. Answers, each part ended by MARK: `ok`, a line `u NAME` for each file that may
# not be read, and the lines of ls; then for each file with news a line `NAME OFFSET`, its head, MARK, and its bytes from
# 256 before the offset on; last, without an end, the project's directory.

b_look() {
  b_mark=$1 b_most=$2 b_known=" $3 " b_all=0 b_ls='' b_news=''
  b_project
  b_here=1
  b_history '' || b_here=''
  [ -z "$b_here" ] || [ -r . ] || b_say denied permission .maestro/history
  b_put ok
  if [ -n "$b_here" ]; then
    set -- history-*.jsonl
    if [ -e "$1" ] || [ -h "$1" ]; then
      if b_perl; then
        perl -e "$b_perl_look" "$b_mark" "$b_most" "$b_known" "$@" || exit 1
        b_put_bare "$b_root"
        return
      fi
      # Some may be gone by now.
      b_ls=$(ls -ldin "$@" 2>/dev/null)
      for b_one in "$@"; do
        [ -r "$b_one" ] || b_put "u $b_one"
      done
    fi
  fi
  [ -z "$b_ls" ] || b_put "$b_ls"
  b_put_bare "$b_mark"
  set -f
  IFS=$b_nl
  # shellcheck disable=SC2086 # lines are its words
  set -- $b_ls
  IFS=' '
  for b_line in "$@"; do
    b_one=${b_line##* }
    # shellcheck disable=SC2086 # inode, mode, links, owner, group and size are words
    set -- $b_line
    case $2 in -*) ;; *) continue ;; esac
    case $b_known in *" $1:$b_one:"*) ;; *) continue ;; esac
    b_at=${b_known#*" $1:$b_one:"}
    b_at=${b_at%% *}
    [ "$6" -gt "$b_at" ] || continue
    [ -r "$b_one" ] || continue
    b_sum=$((b_all + $6 - b_at))
    [ "$b_sum" -le "$b_most" ] || continue
    b_all=$b_sum
    b_news="$b_news $b_one $b_at"
  done
  # shellcheck disable=SC2086 # names of ours and numbers
  set -- $b_news
  while [ $# -gt 0 ]; do
    b_put "$1 $2"
    head -c 256 "$1"
    b_put_bare "$b_mark"
    if [ "$2" -gt 256 ]; then tail -c +"$(($2 - 255))" "$1"; else cat "$1"; fi
    b_put_bare "$b_mark"
    shift 2
  done
  b_put_bare "$b_root"
}
