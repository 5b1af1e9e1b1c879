# shellcheck shell=sh
# shellcheck disable=SC2034,SC2154 # place.sh and lock.sh stand before this; a call sets the rest
# Takes a file from stdin.

# b_place: gives the part b_part the name b_name, without replacing anything where b_replace is empty.
b_place() {
  if [ -n "$b_replace" ]; then
    [ ! -d "./$b_name" ] || b_say e isdir
    b_words=$(mv -f "$b_part" "./$b_name" 2>&1) && return
  else
    # link(1) links to that very name, where ln would go into a directory.
    b_words=$(link "$b_part" "./$b_name" 2>&1) && {
      rm -f "$b_part"
      return
    }
    if [ -e "./$b_name" ] || [ -h "./$b_name" ]; then b_say e exists; fi
    # No such program, or a disk without hard links: the name is taken first.
    b_words=$({ set -C && : >"./$b_name"; } 2>&1) && b_words=$(mv -f "$b_part" "./$b_name" 2>&1) && return
  fi
  b_why "$b_words"
  b_refuse "$b_word" "$b_words"
}

# b_beside: has the disk take what comes while more is coming, so that little is left for the end. It ends by itself soon after us.
# Elsewhere than on Linux `sync` means all disks.
b_beside() {
  b_syncer=''
  [ "$b_size" -gt 16777216 ] && [ "$(uname)" = Linux ] || return 0
  (
    while sleep 0.05 2>/dev/null || sleep 1; do
      kill -0 "$$" 2>/dev/null || exit 0
      sync "$b_part" || exit 1
    done
  ) </dev/null >/dev/null &
  b_syncer=$!
}

# b_beside_end: ends that. Fails where the disk has failed: the system says so once.
b_beside_end() {
  [ -n "$b_syncer" ] || return 0
  kill "$b_syncer" 2>/dev/null
  wait "$b_syncer" 2>/dev/null
  [ "$?" != 1 ]
}

# b_receive: b_p is the target, b_key names the source, b_size is its size, b_at when it was changed, b_was the inode
# of a part that was sent before; b_again is set where an engine has begun it that has ended since. Says `ready` with the size of the part that is there, the checksum of its end, its
# inode and the umask; is told `append MODE` or `anew MODE`, and takes the bytes. Without all of them it ends, and the
# part stays.
b_receive() {
  b_plain
  b_target
  if [ -d "./$b_name" ]; then b_say e isdir; fi
  if [ -e "./$b_name" ]; then
    [ -f "./$b_name" ] || b_say e other
  fi
  b_part=./.$b_short.baton-$b_key.part
  # One that was sent before, or that an engine began that has ended since: what was placed looks like its source. Its number alone
  # says nothing: another file is given that of one that is gone.
  if [ -n "$b_was$b_again" ] && [ ! -e "$b_part" ] && [ -f "./$b_name" ]; then
    b_all=$(b_facts "./$b_name")
    if [ -n "$b_again" ] || [ "$(b_inode "./$b_name")" = "$b_was" ]; then
      case $b_all in
        "$b_size $b_at "* | "$b_size ${b_at%%.*} "* | "$b_size ${b_at%%.*}.000000000 "*) b_say "done $PWD/$b_name" ;;
        # Nobody tells times there.
        "$b_size - "*) [ -n "$b_again" ] || b_say "done $PWD/$b_name" ;;
      esac
    fi
  fi
  if [ -e "./$b_name" ] && [ -z "$b_replace" ]; then b_say e exists; fi
  b_guard
  b_take
  b_keep=''
  if [ -w "$b_part" ] && b_ours f "$b_part"; then b_keep=1; fi
  b_alone
  if [ -z "$b_keep" ]; then
    b_words=$({ umask 077 && set -C && : >"$b_part"; } 2>&1) || {
      b_why "$b_words"
      b_refuse "$b_word" "$b_words"
    }
  fi
  # Before anything is sent in vain; the system's administrator may give it to anybody, and goes on with what is still theirs.
  [ "$(id -u)" = 0 ] || b_own
  b_has=0
  set -- 0
  if [ -s "$b_part" ]; then
    # shellcheck disable=SC2046 # two numbers
    set -- $(tail -c 65536 "$b_part" | cksum)
    b_has=$(b_bytes "$b_part")
  fi
  b_put "ready $b_has $1 $(b_inode "$b_part") $(umask)"
  read -r b_go b_mode || exit 0
  b_beside
  case $b_go in
    append) b_words=$(cat 2>&1 >>"$b_part") ;;
    anew) b_words=$(cat 2>&1 >"$b_part") ;;
    *) exit 0 ;;
  esac || {
    b_why "$b_words"
    # A full disk is no place to keep half a file.
    [ "$b_word" != full ] || rm -f "$b_part"
    b_refuse "$b_word" "$b_words"
  }
  b_beside_end || b_refuse write "$b_part: the disk has taken not all of it"
  [ "$(b_bytes "$b_part")" = "$b_size" ] || exit 0
  b_mine || b_say e lost
  b_like || chmod "$b_mode" "$b_part"
  b_stamp "$b_part"
  b_words=$(sync "$b_part" 2>&1) || case $b_words in
    *'No space left'* | *uota\ exceeded* | *'nput/output error'*)
      b_why "$b_words"
      b_refuse "$b_word" "$b_words"
      ;;
  esac
  b_place
  sync . 2>/dev/null
  b_say "done $PWD/$b_name"
}
