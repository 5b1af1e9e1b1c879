# shellcheck shell=sh
# shellcheck disable=SC2034,SC2154 # process.sh stands before this, follow.sh behind it
# Follows a run that was launched before: sh DIR/follow NAME OUT ERR OLD OLDNAME, from byte OUT of `out` and byte ERR of `err`
# (both count from 1). Answers with one line. Ends the follower OLD of a link that was lost, if it is still there
# and is named OLDNAME; ours is named NAME.

b_d=${0%/follow}
b_mark=$1 b_a=$2 b_b=$3 b_old=$4 b_name=$5
b_kind=''
{ read -r b_line b_kind <"$b_d/runner.pid"; } 2>/dev/null
# Where nothing parts a run from who launched it, it is in the group of its first follower, which ends with the run.
if [ -n "$b_old" ] && [ "$b_kind" != none ]; then
  { IFS= read -r b_line <"/proc/$b_old/cmdline" || [ -n "$b_line" ]; } 2>/dev/null ||
    b_line=$(ps -o args= -p "$b_old" 2>/dev/null)
  case $b_line in *"$b_name"*) kill -KILL "-$b_old" 2>/dev/null ;; esac
fi
b_go=''
{ read -r b_go <"$b_d/go"; } 2>/dev/null
case $b_go in
  launched) ;;
  *)
    printf '%s\n' "${b_go:-staged}"
    exit 0
    ;;
esac
# shellcheck disable=SC2046 # wc may put blanks before the number
set -- $(wc -c <"$b_d/out") $(wc -c <"$b_d/err")
printf 'ok %s\n' "$*"
