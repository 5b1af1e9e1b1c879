# shellcheck shell=sh
# shellcheck disable=SC2154 # process.sh stands before this
# Runs a job to its end and writes its status down: sh DIR/runner run ID KIND LOGIN STDIN, in a session of its own,
# so that what is sent to the job's group doesn't reach it. Descriptor 8 holds DIR/end, and 7 DIR/in where the job talks.

b_d=${0%/runner}

# b_begin KIND LOGIN: becomes the job, whose process group has the number that it notes.
b_begin() {
  b_note "$b_d/" "$1"
  BATON_JOB=$b_d/job
  export BATON_JOB
  [ "$2" = 1 ] || exec sh "$BATON_JOB"
  # shellcheck disable=SC2016 # the login shell expands it
  b_line='exec sh "$BATON_JOB"'
  case ${SHELL:=/bin/sh} in
    */sh | */bash | */dash | */zsh | */ksh | */mksh | */ash) exec "$SHELL" -lc "$b_line" ;;
  esac
  # fish, tcsh and whatever else there is have their own ways with quotes; sh reads the path.
  b_line="exec sh -c '$b_line'"
  case $SHELL in
    *csh) exec "$SHELL" -c "if ( -r ~/.login ) source ~/.login; $b_line" ;;
    *) exec "$SHELL" -lc "$b_line" ;;
  esac
}

# b_feed: hands the messages in DIR/inbox over to the job, each one whole and once, in the order of the numbers
# that come through DIR/in. `end` closes the job's stdin.
b_feed() {
  # The runner alone holds `in` and `end` open: when it is gone, we hear of that, and so does who follows.
  exec 5<"$b_d/in"
  exec 7<&- 8>&-
  exec 6>"$b_d/stdin"
  b_seen=' '
  while IFS= read -r b_n <&5; do
    case $b_n in end) exit 0 ;; '' | *[!0-9]*) continue ;; esac
    case $b_seen in *" $b_n "*) continue ;; esac
    [ -f "$b_d/inbox/$b_n" ] || continue
    # In the background, and waited for, so that we hear of the job's end.
    cat <"$b_d/inbox/$b_n" >&6 5<&- &
    b_cat=$!
    trap 'kill "$b_cat" 2>/dev/null; exit 0' TERM
    wait "$b_cat"
    trap - TERM
    b_seen="$b_seen$b_n "
    mv "$b_d/inbox/$b_n" "$b_d/inbox/$b_n.done" 2>/dev/null
  done
}

case $1 in
  begin) b_begin "$2" "$3" ;;
esac

b_id=$2 b_kind=$3 b_login=$4
BATON_CWD=$PWD BATON_RUN=$b_id
export BATON_CWD BATON_RUN
cd /
# It ends with the job, and with nothing else. Not ignored: the job would inherit that for ever.
trap : HUP INT QUIT TERM
b_note "$b_d/runner." "$b_kind"
b_feeder=''
if [ "$5" = talk ]; then
  b_feed &
  b_feeder=$!
fi
set -- sh "$0" begin "$b_kind" "$b_login"
# What the profile prints goes to a file of its own; the job takes its streams by itself.
case $b_kind in
  setsid) setsid "$@" ;;
  perl) perl -MPOSIX -e 'POSIX::setsid(); exec @ARGV' "$@" ;;
  python*) "$b_kind" -c 'import os, sys
os.setsid()
os.execvp(sys.argv[1], sys.argv[1:])' "$@" ;;
  *) "$@" ;;
esac >"$b_d/profile" 2>&1 7<&- 8>&-
b_status=$?
[ -z "$b_feeder" ] || kill "$b_feeder"
rm -f "$b_d/reserve"
printf '%s\n' "$b_status" 1<>"$b_d/exit"
