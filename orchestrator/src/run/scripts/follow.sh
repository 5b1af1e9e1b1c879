# shellcheck shell=sh
# shellcheck disable=SC2154 # the header and process.sh stand before this
# Sends what the run in b_d prints, from byte b_a of `out` on our stdout and from byte b_b of `err` on our stderr (both
# count from 1), until the run ends or nobody holds our stdin any more. Nothing of ours is left then.

# What this shell and the programs before have said on stderr is not the run's.
printf '%s\n' "$b_mark" >&2
exec 3<&0 4>&2 2>/dev/null </dev/null
if b_over; then
  # The last process of a run may be gone, but a child of it may still print: what counts is what stands there now.
  tail -c +"$b_a" "$b_d/out" 3<&- &
  tail -c +"$b_b" "$b_d/err" >&4 3<&-
  wait
  exit 0
fi
# It can't wait here: whoever holds `end` for writing when it is opened for reading may be we ourselves.
# shellcheck disable=SC2094
exec 8<>"$b_d/end" 7<"$b_d/end" 8>&-
# shellcheck disable=SC2086 # no word or two
tail $b_often -c +"$b_a" -f "$b_d/out" 3<&- 4>&- 7<&- &
b_1=$!
# shellcheck disable=SC2086
tail $b_often -c +"$b_b" -f "$b_d/err" >&4 3<&- 4>&- 7<&- &
b_2=$!
(
  exec 4>&- 7<&- >/dev/null
  while IFS= read -r b_line; do :; done <&3
  kill -KILL "$b_1" "$b_2" "$$"
) &
b_3=$!
exec 3<&-
# This ends with the runner.
# shellcheck disable=SC2034
IFS= read -r b_line <&7
until b_over || ! b_going; do sleep 1; done
# Not TERM: bash catches that between its fork and the exec of a tail, and forgets it there.
kill -KILL "$b_1" "$b_2" "$b_3"
