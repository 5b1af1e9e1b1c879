# shellcheck shell=sh
# shellcheck disable=SC2154 # the header and process.sh stand before this
# Begins to follow a run that was launched before: ends the follower b_old of a link that was lost, if it is still
# there and is named b_name, and answers with one line. follow.sh stands behind it.

b_d=$b_root/$b_id
if [ -n "$b_old" ]; then
  { IFS= read -r b_line <"/proc/$b_old/cmdline" || [ -n "$b_line" ]; } 2>/dev/null ||
    b_line=$(ps -o args= -p "$b_old" 2>/dev/null)
  case $b_line in *"$b_name"*) kill -KILL "-$b_old" 2>/dev/null ;; esac
fi
b_go=''
{ read -r b_go <"$b_d/go"; } 2>/dev/null
case $b_go in
  launched) ;;
  never) b_answer=never ;;
  *) if [ -d "$b_d" ]; then b_answer=staged; else b_answer=absent; fi ;;
esac
if [ -n "${b_answer-}" ]; then
  printf '%s\n' "$b_answer"
  exit 0
fi
# shellcheck disable=SC2046 # wc may put blanks before the number
set -- $(wc -c <"$b_d/out") $(wc -c <"$b_d/err")
printf 'ok %s\n' "$*"
