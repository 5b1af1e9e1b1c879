# shellcheck shell=sh
# shellcheck disable=SC2154 # the header sets the rest, and process.sh stands before this
# Stages a run, claims it, starts its runner, and answers with one line. Read after a header that sets b_root,
# b_id, b_runner, b_meta, b_login, b_cwd, b_stdin (bytes or talk), b_files (names and sizes), b_in (bytes of
# stdin), b_size (bytes that follow on stdin), and b_follow; the job follows the header, line by line, then those bytes. Goes on as the follower (follow.sh).

b_umask=$(umask)
umask 077
b_d=$b_root/$b_id
# Where another run launches this one, what is of that run ends with it.
unset BATON_RUN BATON_JOB BATON_CWD
# shellcheck disable=SC2034 # follow.sh uses it
b_mark=$0

# b_say WORD…: the answer; it is the last one.
b_say() {
  printf '%s\n' "$*"
  exit 0
}

# b_refuse WORDS: says in one word of ours why a program failed, with its own words.
b_refuse() {
  rm -rf "$b_d"
  b_words=$1
  # A builtin doesn't say why; a program that tries the same does.
  if [ -z "$b_words" ]; then
    b_try=$b_root/.try.$$
    b_words=$({ mkdir -p "$b_root" && mkdir "$b_try" && head -c 65536 /dev/zero >"$b_try/try" &&
      mkfifo "$b_try/fifo" && ln "$b_try/try" "$b_try/link"; } 2>&1)
    rm -rf "$b_try"
  fi
  case $b_words in
    *'No space left'*) b_why=full ;;
    *uota*) b_why=quota ;;
    *ead-only*) b_why='readonly' ;;
    *ermission*) b_why=denied ;;
    *'not found'*) b_why=tool ;;
    *) b_why=other ;;
  esac
  b_say "$b_why" "$(printf '%s' "$b_words" | tr '\n' ' ')"
}

# b_try COMMAND…: runs a program whose words we read.
b_try() {
  b_words=$(LC_ALL=C "$@" 2>&1) || b_refuse "${b_words:-$1 failed}"
}

# Relative paths begin at home, wherever the server puts us.
cd "$HOME" 2>/dev/null || :
CDPATH='' cd -- "$b_cwd" >/dev/null 2>&1 || {
  if [ -d "$b_cwd" ]; then b_say dir_denied; elif [ -e "$b_cwd" ]; then b_say dir_file; else b_say dir_missing; fi
}
[ -d "$b_root" ] || b_try mkdir -p "$b_root"
mkdir "$b_d" 2>/dev/null || {
  [ -d "$b_d" ] && b_say exists
  b_refuse ''
}

# b_blank NAME: makes room for what a process will note.
b_blank() {
  printf '%128s\n' '' >"$b_d/$1"
}

# Not with `:`: where its redirection fails, a shell ends at once.
# The status is written over what stands in `exit`, and `reserve` is given back before: a disk that is full by
# then doesn't lose it.
{
  printf '%s\n' "$b_runner" >"$b_d/runner" && printf '%s\n' "$b_follower" >"$b_d/follow" &&
    printf '%s\n' "$b_meta" >"$b_d/meta.json" && printf '    \n' >"$b_d/exit" &&
    printf '%8192s' '' >"$b_d/reserve" && printf 'launched\n' >"$b_d/claim" &&
    true >"$b_d/out" && true >"$b_d/err" && true >"$b_d/profile" &&
    b_blank begun && b_blank pid && b_blank start && b_blank runner.pid && b_blank runner.start
} 2>/dev/null || b_refuse ''
# It holds secrets: no word of any program, not even for a moment.
b_bad=''
while IFS= read -r b_line && [ "$b_line" != '#end' ]; do
  b_put "$b_line" || b_bad=1
done 2>/dev/null >"$b_d/job" || b_bad=1
[ -z "$b_bad" ] || b_refuse ''
# The link was cut: nobody hears this, and nothing was started.
[ "$b_line" = '#end' ] || {
  rm -rf "$b_d"
  b_say cut
}
case $b_stdin in
  talk)
    b_try mkfifo "$b_d/end" "$b_d/in" "$b_d/stdin"
    b_try mkdir "$b_d/inbox"
    ;;
  *)
    b_try mkfifo "$b_d/end"
    { true >"$b_d/in"; } 2>/dev/null || b_refuse ''
    ;;
esac

# What follows goes where it belongs at once where it is one thing, else it is parted afterwards.
b_payload=$b_d/payload
[ -n "$b_files" ] || b_payload=$b_d/in
if [ -n "$b_files" ]; then
  b_try mkdir "$b_d/files"
  case $b_in/$b_files in
    0/*' '*' '*) ;;
    0/*) b_payload=$b_d/files/${b_files% *} ;;
  esac
fi
# head may read more than it prints, so nothing follows these bytes.
case $b_size in
  0) [ -z "$b_files" ] || { true >"$b_payload"; } 2>/dev/null || b_refuse '' ;;
  *)
    b_words=$(LC_ALL=C head -c "$b_size" 2>&1 >"$b_payload") || b_refuse "${b_words:-head failed}"
    # shellcheck disable=SC2046 # wc may put blanks before the number
    set -- $(wc -c <"$b_payload")
    # As above.
    [ "$1" = "$b_size" ] || {
      rm -rf "$b_d"
      b_say cut
    }
    ;;
esac
if [ "$b_payload" = "$b_d/payload" ]; then
  b_at=1
  # b_part PATH SIZE: the next bytes of the payload.
  b_part() {
    b_words=$({ LC_ALL=C tail -c +"$b_at" "$b_d/payload" | LC_ALL=C head -c "$2" >"$1"; } 2>&1)
    [ "$(wc -c <"$1")" -eq "$2" ] || b_refuse "$b_words"
    b_at=$((b_at + $2))
  }
  [ "$b_in" = 0 ] || b_part "$b_d/in" "$b_in"
  # shellcheck disable=SC2086 # names and sizes are words
  set -- $b_files
  while [ $# -gt 1 ]; do
    b_part "$b_d/files/$1" "$2"
    shift 2
  done
  rm -f "$b_d/payload"
fi

# Whoever reads `end` wakes up when the last one who holds it for writing is gone: that is the runner, and until
# it is there, we. A message that comes through `in` stays only while somebody holds that. Both under other numbers than
# the runner has them: mksh closes its own at an exec.
exec 9<>"$b_d/end"
case $b_stdin in
  talk) exec 6<>"$b_d/in" ;;
  *) exec 6</dev/null ;;
esac
# From here on there is a run. Who makes `go` decides: settle.sh may have been first.
b_words=$(LC_ALL=C ln "$b_d/claim" "$b_d/go" 2>&1) || {
  [ -e "$b_d/go" ] && b_say claimed
  b_refuse "$b_words"
}
umask "$b_umask"
set -- sh "$b_d/runner" run "$b_id" "$b_kind" "$b_login" "$b_stdin"
# Never with &: a shell has what it starts so ignore INT for ever. Where there is nothing else, it has to be.
case $b_kind in
  # The first one makes a session; the second one can't, so it forks, and we don't wait for its child.
  setsid) setsid setsid "$@" ;;
  perl) perl -MPOSIX -e 'exit if fork; POSIX::setsid(); exec @ARGV' "$@" ;;
  python*) "$b_kind" -c 'import os, sys
os.fork() and os._exit(0)
os.setsid()
os.execvp(sys.argv[1], sys.argv[1:])' "$@" ;;
  *)
    trap '' HUP
    "$@" &
    ;;
esac </dev/null >/dev/null 2>&1 8>&9 7<&6 9>&- 6<&-
exec 9>&- 6<&-
[ -n "$b_follow" ] || b_say ok
printf 'ok\n'
