# shellcheck shell=sh
# shellcheck disable=SC2034,SC2154 # place.sh stands before this; a call sets b_p
# Prints a file.

# b_send: says `file` and what is known of b_p; then it is asked: `sum N` for the checksum of the 64 KiB that begin
# there (in 64 KiB), `go N` for all bytes from there on (in 256 KiB). After them stderr has `end`, a status and what is
# known then.
b_send() {
  b_plain
  case $b_p in -*) b_p=./$b_p ;; esac
  [ -e "$b_p" ] || {
    b_d=${b_p%/*}
    case $b_p in
      */*) if [ -n "$b_d" ] && [ -d "$b_d" ] && [ ! -x "$b_d" ]; then b_say e denied; fi ;;
    esac
    b_say e nofile
  }
  [ ! -d "$b_p" ] || b_send_tree
  [ -f "$b_p" ] || b_say e other
  [ -r "$b_p" ] || b_say e denied
  b_put "file $(b_facts "$b_p")"
  while read -r b_go b_from; do
    case $b_go in
      sum)
        # shellcheck disable=SC2046 # two numbers
        set -- $(dd if="$b_p" bs=65536 skip="$b_from" count=1 2>/dev/null | cksum)
        b_put "sum $1"
        ;;
      go)
        if [ "$b_from" = 0 ]; then cat "$b_p"; else dd if="$b_p" bs=262144 skip="$b_from" 2>/dev/null; fi
        b_put "end $? $(b_facts "$b_p")" >&2
        exit 0
        ;;
      *) exit 0 ;;
    esac
  done
  exit 0
}
