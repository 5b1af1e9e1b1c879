# shellcheck shell=sh
# shellcheck disable=SC2154 # a call sets the rest; process.sh, enter.sh, quick.sh and lock.sh stand before this
# Appends lines to the file b_f of the project b_p. A call sets b_k to `INODE:SIZE` of a file whose last line is known to
# be whole, b_mend to what is to be done about a torn last line (`whole` or `move`), b_msize to the size for which that was
# decided, and b_mfrom to where the line begins; b_doubt where lines may be there already; and for lines in a file of their own b_spool to its name. Answers
# `ok FOUND WAS MORE` (how many lines were there, the size before, the bytes added) and the line of ls, or `torn FROM SIZE BYTES`
# and those bytes.

b_mend='' b_k='' b_doubt=''

# b_append (ID BYTES LINE)…: BYTES are the line's without its end. A line is left out whose ID is there; LINE is empty
# where b_spool has it.
b_append() {
  b_project
  b_history 1
  b_plain "$b_f"
  [ ! -e "$b_f" ] || [ -r "$b_f" ] || b_say denied permission ".maestro/history/$b_f"
  [ -n "$b_spool" ] || b_quick "$@"
  b_locked b_append_locked "$@"
}

b_append_locked() {
  b_new=''
  [ -e "$b_f" ] || b_new=1
  b_stat
  b_lead='' b_more=0 b_text='' b_found=0 b_parts='' b_at=1
  b_sure=''
  if [ "$b_size" = 0 ] || [ "$b_inode:$b_size" = "$b_k" ]; then b_sure=1; fi
  [ -n "$b_sure" ] || b_ended || b_torn
  b_was=$b_size
  while [ $# -gt 0 ]; do
    if [ -z "$b_sure" ] && b_there "$1"; then
      b_found=$((b_found + 1))
    else
      b_text=$b_text$3$b_nl b_more=$((b_more + $2 + 1)) b_parts="$b_parts $b_at $(($2 + 1))"
    fi
    b_at=$((b_at + $2 + 1))
    shift 3
  done
  [ "$b_more" = 0 ] || b_write
  # Only of a spool the parts are of use.
  if [ -n "$b_spool" ]; then rm -f "$b_spool"; fi
  b_put "ok $b_found $b_was $b_more"
  if [ -n "$b_held" ]; then
    ls -ldin "$b_f"
    b_free
  elif [ -n "${KSH_VERSION-}" ]; then
    # The lock would be closed before.
    ls -ldin "$b_f"
  else
    exec ls -ldin "$b_f"
  fi
}

# b_there ID: whether an entry of that id is in the file; at its end, where nobody doubts it: a link may have been cut
# while somebody waited here, and the same was asked again.
b_there() {
  if [ -n "$b_doubt$b_spool" ]; then
    grep -qF -e "\"id\":\"$1\"" "$b_f"
  else
    tail -c 1048576 "$b_f" | grep -qF -e "\"id\":\"$1\""
  fi
  case $? in
    0) ;;
    1) return 1 ;;
    *) b_say denied system ".maestro/history/$b_f" ;;
  esac
  b_lines=$(grep -F -e "\"id\":\"$1\"" "$b_f") || b_say denied system ".maestro/history/$b_f"
  set -f
  IFS=$b_nl
  # shellcheck disable=SC2086 # lines are its words
  set -- $b_lines
  unset IFS
  set +f
  for b_line in "$@"; do
    # Half of it, and a whole one of somebody behind that in the same line: no text of an entry has these letters so.
    case $b_line in ?*'{"id":"'*) ;; *) return 0 ;; esac
  done
  return 1
}

# b_out: what is to be added.
b_out() {
  if [ -z "$b_spool" ]; then
    b_put_bare "$b_text"
    return
  fi
  [ -z "$b_lead" ] || b_put_bare "$b_lead"
  # shellcheck disable=SC2086 # numbers
  set -- $b_parts
  if [ "$b_found" = 0 ]; then
    cat "$b_spool"
  else
    while [ $# -gt 0 ]; do
      tail -c +"$1" "$b_spool" | b_first "$2" || return
      shift 2
    done
  fi
}

b_write() {
  [ -n "$b_spool" ] || [ -z "$b_lead" ] || b_text=$b_lead$b_text
  if b_out >>"$b_f" && [ -z "$b_spool" ] || b_grown; then
    b_sync "$b_f"
    return
  fi
  b_cut
  # A builtin doesn't always say why; a program does, if it fares no better.
  b_out | cat >>"$b_f"
  if b_grown; then
    b_sync "$b_f"
    return
  fi
  b_cut
  b_say denied system ".maestro/history/$b_f"
}

# b_grown: whether all of it is there.
b_grown() {
  b_stat
  [ "$b_size" = "$((b_was + b_more))" ]
}

# b_cut: makes the file what it was. Whoever takes no lock may have added something meanwhile: then all of it stays, and
# nobody knows what became of ours.
b_cut() {
  b_ours || b_doubtful
  if [ -n "$b_new" ]; then
    rm -f "$b_f"
  elif [ "$b_part" -gt 0 ]; then
    dd if=/dev/null of="$b_f" bs=1 seek="$b_was" 2>/dev/null
  fi
}

# b_ours: whether the file has only grown by the beginning of what b_out puts out; sets b_part to how much that is.
b_ours() {
  b_stat
  b_part=$((b_size - b_was))
  [ "$b_part" -ge 0 ] && [ "$b_part" -le "$b_more" ] || return 1
  # Where there is no cksum, the size has to do.
  [ "$b_part" = 0 ] || [ "$(tail -c "$b_part" "$b_f" | cksum)" = "$(b_out | b_first "$b_part" | cksum)" ]
}

# b_doubtful: leaves without an answer. Whoever has asked looks for the ids the next time.
b_doubtful() {
  [ -z "$b_spool" ] || rm -f "$b_spool"
  [ -z "$b_held" ] || b_free
  exit 1
}

# b_ended: whether the last line is whole. One that was cut off by a power failure may end with anything, NULs as well.
b_ended() {
  b_last=$(od -A n -t x1 -j "$((b_size - 1))" -N 1 "$b_f" 2>/dev/null)
  case $b_last in
    *0a*) return 0 ;;
    *[0-9a-f][0-9a-f]*) return 1 ;;
  esac
  b_last=$(tail -c 1 "$b_f" | wc -l) || b_say denied system ".maestro/history/$b_f"
  [ "$((b_last))" = 1 ]
}

# b_torn: mends the last line as was told, or tells of it.
b_torn() {
  if [ -n "$b_mend" ] && [ "$b_size" = "$b_msize" ]; then
    if [ "$b_mend" = whole ]; then
      b_lead=$b_nl b_more=1
      return
    fi
    b_plain ".$b_f.torn"
    { tail -c +"$((b_mfrom + 1))" "$b_f" && echo; } >>".$b_f.torn" || b_say denied system ".maestro/history/.$b_f.torn"
    # It is safe there before it goes here.
    b_sync ".$b_f.torn" || sync || b_say denied system ".maestro/history/.$b_f.torn"
    b_stat
    [ "$b_size" = "$b_msize" ] || b_doubtful
    dd if=/dev/null of="$b_f" bs=1 seek="$b_mfrom"
    b_stat
    [ "$b_size" = "$b_mfrom" ] || b_say denied system ".maestro/history/$b_f"
    [ "$b_size" = 0 ] || b_ended || b_say denied system ".maestro/history/$b_f"
    return
  fi
  b_bytes=$(tail -n 1 "$b_f" | wc -c) || b_say denied system ".maestro/history/$b_f"
  b_bytes=$((b_bytes))
  b_from=$((b_size - b_bytes))
  # No torn line of ours is longer than 1 MiB.
  [ "$b_bytes" -le 1048576 ] || b_bytes=none
  [ -z "$b_spool" ] || rm -f "$b_spool"
  b_put "torn $b_from $b_size $b_bytes"
  [ "$b_bytes" = none ] || tail -c "$b_bytes" "$b_f"
  [ -z "$b_held" ] || b_free
  exit 0
}

# b_append_spooled BYTES (ID BYTES '')…: the same with lines that come on stdin, BYTES together.
b_append_spooled() {
  b_project
  b_history 1
  b_spool=.$b_f.new.$$
  b_plain "$b_spool"
  # Those of who died over it.
  find . ! -name . -prune -type f -name ".$b_f.new.*" -mmin +60 -exec rm -f {} + 2>/dev/null
  trap 'rm -f "$b_spool"; exit 1' HUP INT TERM
  b_first "$1" >"$b_spool"
  b_bytes=$(wc -c <"$b_spool") || b_say denied system ".maestro/history/$b_spool"
  [ "$((b_bytes))" = "$1" ] || {
    # Not every program says why.
    dd if=/dev/zero of="$b_spool" bs=1024 count="$(($1 / 1024 + 1))"
    b_say denied system ".maestro/history/$b_f"
  }
  shift
  b_append "$@"
}
