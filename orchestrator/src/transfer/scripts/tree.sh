# shellcheck shell=sh
# shellcheck disable=SC2034,SC2154 # place.sh, lock.sh and receive.sh stand before this; a call sets the rest
# Directories, as one stream of tar.

# b_clash FROM TO: whether a file of FROM is to go where TO has a directory, or the other way round. In a subshell.
b_clash() (
  cd "$1" || exit 0
  for b_one in * .[!.]* ..?*; do
    [ -e "$b_one" ] || [ -h "$b_one" ] || continue
    if [ -d "$b_one" ] && [ ! -h "$b_one" ]; then
      if [ -d "$2/$b_one" ]; then
        b_clash "$PWD/$b_one" "$2/$b_one" && exit 0
      elif [ -e "$2/$b_one" ] || [ -h "$2/$b_one" ]; then
        b_put "$2/$b_one" >&2
        exit 0
      fi
    elif [ -d "$2/$b_one" ] && [ ! -h "$2/$b_one" ]; then
      b_put "$2/$b_one" >&2
      exit 0
    fi
  done
  exit 1
)

# b_merge FROM TO: moves what FROM has into TO, file by file where both have a directory. In a subshell.
b_merge() (
  cd "$1" || exit 1
  for b_one in * .[!.]* ..?*; do
    [ -e "$b_one" ] || [ -h "$b_one" ] || continue
    if [ -d "$b_one" ] && [ ! -h "$b_one" ] && [ -d "$2/$b_one" ]; then
      b_merge "$PWD/$b_one" "$2/$b_one" || exit 1
    else
      # mv would go on into a directory that a link there leads to.
      if [ -h "$2/$b_one" ] && [ -d "$2/$b_one" ]; then rm -f "$2/$b_one" || exit 1; fi
      mv -f "./$b_one" "$2/$b_one" || exit 1
    fi
  done
  exit 0
)

# b_receive_tree: b_p is the target, b_key names the source, b_nonce the last file of the stream. Says `ready` as
# b_receive does; is told `anew MODE`, and takes a stream of tar. Without its last file it ends, and nothing is placed.
b_receive_tree() {
  b_plain
  b_target
  command -v tar >/dev/null 2>&1 || b_say e notar
  b_part=./.$b_short.baton-$b_key.part
  if [ -n "$b_was" ] && [ ! -e "$b_part" ] && [ "$(b_inode "./$b_name")" = "$b_was" ]; then b_say "done $PWD/$b_name"; fi
  if [ -e "./$b_name" ]; then
    [ -d "./$b_name" ] || b_say e isfile
    [ -n "$b_replace" ] || b_say e exists
  fi
  b_take
  for b_other in "./.$b_short.baton-"????????.part; do
    rm -rf "$b_other"
  done
  b_words=$(mkdir -m 700 "$b_part" 2>&1) || {
    b_why "$b_words"
    b_refuse "$b_word" "$b_words"
  }
  b_put "ready 0 0 $(b_inode "$b_part") $(umask)"
  read -r b_go b_mode || exit 0
  [ "$b_go" = anew ] || exit 0
  b_words=$( (cd "$b_part" && tar -xof -) 2>&1)
  b_status=$?
  [ -f "$b_part/.baton-$b_nonce" ] || {
    b_why "$b_words"
    # What a stream that was cut makes tar say is no fault of the disk.
    case $b_word in 'write') exit 0 ;; esac
    rm -rf "$b_part"
    b_refuse "$b_word" "$b_words"
  }
  [ "$b_status" = 0 ] || {
    b_why "$b_words"
    rm -rf "$b_part"
    b_refuse "$b_word" "$b_words"
  }
  b_mine || b_say e lost
  rm -f "$b_part/.baton-$b_nonce"
  chmod "$b_mode" "$b_part"
  if [ -d "./$b_name" ]; then
    b_here=$PWD
    if b_clash "$b_here/$b_part" "$b_here/$b_name"; then b_say e mixed; fi
    b_words=$(b_merge "$b_here/$b_part" "$b_here/$b_name" 2>&1) || {
      b_why "$b_words"
      b_refuse "$b_word" "$b_words"
    }
    rm -rf "$b_part"
  else
    if [ -e "./$b_name" ] || [ -h "./$b_name" ]; then b_say e exists; fi
    b_words=$(mv "$b_part" "./$b_name" 2>&1) || {
      b_why "$b_words"
      b_refuse "$b_word" "$b_words"
    }
  fi
  sync . 2>/dev/null
  b_say "done $PWD/$b_name"
}

# b_send_tree: says `tree` with the bytes of the files in b_p, or - where nobody counts them; is told `go`, and prints a
# stream of tar. After it stderr has `end` and a status.
b_send_tree() {
  command -v tar >/dev/null 2>&1 || b_say e notar
  cd -P -- "$b_p" >/dev/null 2>&1 || b_say e denied
  [ -r . ] || b_say e denied
  b_all=$(find . -type f -printf '%s\n' 2>/dev/null | awk '{ all += $1 } END { printf "%.0f\n", all }' 2>/dev/null)
  case $b_all in '' | 0 | *[!0-9]*) b_all=$(du -sk . 2>/dev/null | awk '{ printf "%.0f\n", $1 * 1024 }' 2>/dev/null) ;; esac
  b_put "tree ${b_all:--} $(b_facts .)"
  read -r b_go || exit 0
  [ "$b_go" = go ] || exit 0
  # Without the companions that macOS makes of attributes.
  COPYFILE_DISABLE=1
  export COPYFILE_DISABLE
  tar -cf - .
  b_put "end $?" >&2
  exit 0
}
