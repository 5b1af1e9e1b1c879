# shellcheck shell=sh
# shellcheck disable=SC2154 # the header and process.sh stand before this
# Hands message b_n to the run b_id, once: b_size bytes, which b_bytes prints. Answers `ok`, `over` (nobody is there to
# read it), `absent`, or `full` with a program's words.

b_d=$b_root/$b_id
b_say() {
  printf '%s\n' "$*"
  exit 0
}
[ -d "$b_d/inbox" ] || b_say absent
# A process that has just been started has noted nothing yet.
if b_over || { b_noted && ! b_going; }; then b_say over; fi
cd "$b_d/inbox" || b_say absent
case $b_n in
  end) ;;
  *)
    if [ ! -e "$b_n" ] && [ ! -e "$b_n.done" ]; then
      b_new=$b_n.$$.new
      b_words=$({ LC_ALL=C b_bytes >"$b_new"; } 2>&1)
      # shellcheck disable=SC2046 # wc may put blanks before the number
      set -- $(wc -c <"$b_new")
      if [ "${1-}" != "$b_size" ]; then
        rm -f "$b_new"
        b_say full "$b_words"
      fi
      # Fails when the same message came another way meanwhile.
      ln "$b_new" "$b_n" 2>/dev/null
      rm -f "$b_new"
      [ -e "$b_n" ] || [ -e "$b_n.done" ] || b_say full
    fi
    [ ! -e "$b_n.done" ] || b_say ok
    ;;
esac
# Open both ways, or it would wait for a reader that may be gone.
printf '%s\n' "$b_n" 1<>"$b_d/in"
b_say ok
