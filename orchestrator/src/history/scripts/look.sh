# shellcheck shell=sh
# shellcheck disable=SC2154 # process.sh, enter.sh and quick.sh stand before this
# b_look MARK MOST KNOWN: lists the project's files, and what is new in those of KNOWN, words `INODE:NAME:OFFSET`, unless
# that is more than MOST bytes together. Answers, each part ended by MARK: `ok`, a line `l NAME` for each symlink, `o NAME`
# for each odd name and `u NAME` for each file that may not be read, and the lines of ls for the others and these; then for each file with news a line `NAME OFFSET`, its head, MARK, and its bytes from
# 256 before the offset on; last, without an end, the project's directory.

b_look() {
  b_mark=$1 b_most=$2 b_known=" $3 " b_all=0 b_ls='' b_news=''
  b_project
  b_here=1
  b_history '' || b_here=''
  [ -z "$b_here" ] || [ -r . ] || b_say denied permission .maestro/history
  set --
  if [ -n "$b_here" ]; then
    set -- history-*.jsonl
    [ -e "$1" ] || [ -h "$1" ] || set --
  fi
  b_odd=''
  for b_one in "$@"; do
    shift
    case $b_one in
      # What ls says of such a name, or of where a symlink leads, could be more than one line.
      *[!A-Za-z0-9._-]*) b_note_odd o "$b_one" ;;
      *) if [ -h "$b_one" ]; then b_note_odd l "$b_one"; else set -- "$@" "$b_one"; fi ;;
    esac
  done
  b_odd=ok$b_nl$b_odd
  if [ $# -gt 0 ] && b_perl; then
    perl -e "$b_perl_look" "$b_odd" "$b_mark" "$b_most" "$b_known" "$@"
    case $? in
      0)
        b_put_bare "$b_root"
        return
        ;;
      # It can't start.
      126 | 127) ;;
      *) exit 1 ;;
    esac
  fi
  if [ $# -gt 0 ]; then
    b_ls=$(ls -ldin "$@" 2>/dev/null) || b_complete "$@"
  fi
  b_put_bare "$b_odd"
  for b_one in "$@"; do
    [ -r "$b_one" ] || b_put "u $b_one"
  done
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
    dd if="$1" bs=256 count=1 2>/dev/null
    b_put_bare "$b_mark"
    if [ "$2" -gt 256 ]; then tail -c +"$(($2 - 255))" "$1"; else cat "$1"; fi
    b_put_bare "$b_mark"
    shift 2
  done
  b_put_bare "$b_root"
}

# b_note_odd KIND NAME: adds a line to b_odd. A name may have more than one, and then it is no answer of ours.
b_note_odd() {
  b_name=$2
  while :; do
    case $b_name in
      *"$b_nl"*) ;;
      *) break ;;
    esac
    b_rest=${b_name#*"$b_nl"}
    b_name="${b_name%%"$b_nl"*}?$b_rest"
  done
  b_odd="$b_odd$1 $b_name$b_nl"
}

# b_complete NAME…: refuses a listing that lacks a file which is there: it would be taken for gone.
b_complete() {
  for b_one in "$@"; do
    [ -e "$b_one" ] || continue
    case $b_ls$b_nl in *" $b_one$b_nl"*) continue ;; esac
    ls -ldin "$b_one" >/dev/null
    b_say denied system .maestro/history
  done
}
