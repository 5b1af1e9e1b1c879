# shellcheck shell=sh
# shellcheck disable=SC2154 # a call sets b_p and b_f; process.sh, enter.sh, lock.sh and append.sh stand before this
# b_trim KEEP: keeps the last KEEP lines of the file b_f. Answers `ok REMOVED` and the line of ls.

b_trim() {
  b_project
  b_history '' || b_say gone
  b_plain "$b_f"
  [ -e "$b_f" ] || b_say gone
  [ -r "$b_f" ] || b_say denied permission ".maestro/history/$b_f"
  b_locked b_trim_locked "$1"
}

b_trim_locked() {
  # Of those who died over it: nobody else is at it now.
  rm -f ".$b_f.tmp".*
  b_stat
  b_lines=$(wc -l <"$b_f") || b_say denied system ".maestro/history/$b_f"
  b_lines=$((b_lines))
  [ "$b_size" = 0 ] || b_ended || b_lines=$((b_lines + 1))
  b_removed=0
  if [ "$b_lines" -gt "$1" ]; then
    b_removed=$((b_lines - $1))
    b_me
    b_tmp=.$b_f.tmp.$b_pid
    # First as it is, for its mode and owner.
    { cp -p "$b_f" "$b_tmp" && tail -n "$1" "$b_f" >"$b_tmp" && { b_sync "$b_tmp" || sync; } && mv -f "$b_tmp" "$b_f"; } || {
      rm -f "$b_tmp"
      b_say denied system ".maestro/history/$b_f"
    }
  fi
  b_put "ok $b_removed"
  ls -ldin "$b_f"
  [ -z "$b_held" ] || b_free
}
