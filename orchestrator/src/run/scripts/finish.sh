# shellcheck shell=sh
# shellcheck disable=SC2154 # the header, process.sh and look.sh stand before this
# Looks at the run b_id, and sends what a follower that read up to byte b_a of `out` and b_b of `err` (both count from
# 1) has not had: at most b_most bytes of each, on stdout behind the two lines and on stderr.

b_look "$b_id"
case $b_state in
  exited | unknown)
    # The files may grow on: a child of the run may print. What counts is what stood there at the look.
    [ "$b_out" = "$b_out_had" ] || tail -c +"$b_a" "$b_d/out" 2>/dev/null | head -c "$b_most"
    [ "$b_err" = "$b_err_had" ] || { tail -c +"$b_b" "$b_d/err" | head -c "$b_most" >&4; } 4>&2 2>/dev/null
    ;;
esac
exit 0
