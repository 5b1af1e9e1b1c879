# shellcheck shell=sh
# shellcheck disable=SC2034,SC2154 # place.sh, lock.sh and listing.sh stand before this; a call sets the rest
# Takes a directory, as one stream of tar.

# b_clash FROM TO: prints why FROM can't be moved into TO, and the path that it is about: where a file is to go where there is a
# directory, or the other way round, where nothing may be made, or where a link leads out of b_root. Fails then. In a subshell.
b_clash() (
  cd "$1" || exit 1
  b_asked=''
  for b_one in * .[!.]* ..?*; do
    [ -e "$b_one" ] || [ -h "$b_one" ] || continue
    b_fault=''
    if [ -d "$b_one" ] && [ ! -h "$b_one" ] && [ -d "$2/$b_one" ]; then
      if [ -n "$b_root" ] && [ -h "$2/$b_one" ]; then
        case $(cd -P -- "$2/$b_one" 2>/dev/null && b_put_bare "${PWD%/}/.") in "$b_root"*) ;; *) b_fault=outside ;; esac
      fi
      [ -n "$b_fault" ] || b_clash "$PWD/$b_one" "$2/$b_one" || exit 1
    elif [ -d "$2/$b_one" ] && [ ! -h "$2/$b_one" ]; then
      b_fault=mixed
    elif [ -d "$b_one" ] && [ ! -h "$b_one" ] && { [ -e "$2/$b_one" ] || [ -h "$2/$b_one" ]; }; then
      b_fault=mixed
    elif [ -z "$b_asked" ]; then
      b_asked=1
      if [ ! -w "$2" ] || [ ! -x "$2" ]; then
        b_put "nomove $2"
        exit 1
      fi
    fi
    [ -z "$b_fault" ] || {
      b_put "$b_fault $2/$b_one"
      exit 1
    }
  done
  exit 0
)

# b_keeps FROM TO: prints the first file of TO that FROM would replace, and that has further names or belongs to another account;
# for root only the names count.
b_keeps() {
  b_who=$(id -u)
  (
    cd "$2" || exit 0
    if [ "$b_who" = 0 ]; then
      find . -type f -links +1
    else
      find . -type f '(' -links +1 -o ! -user "$b_who" ')'
    fi 2>/dev/null
  ) | while IFS= read -r b_one; do
    if [ -e "$1/$b_one" ]; then
      b_put "${b_one#./}"
      break
    fi
  done
}

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

# b_receive_tree: b_p is the target, b_key names the source, b_mark the last file of the stream, b_since is when it was begun there, and
# b_at when it was changed.
# Says `ready` as b_receive does, with when a part that is there was begun (or 0), and then what that has, and b_mark; is told
# `anew MODE` or `more MODE`, and takes a stream of tar. Without its last file it ends, nothing is placed, and the part stays.
b_receive_tree() {
  b_plain
  b_target
  command -v tar >/dev/null 2>&1 || b_say e notar
  b_part=./.$b_short.baton-$b_key.part
  # Its number alone says nothing: another directory is given that of one that is gone.
  if [ -n "$b_was" ] && [ ! -e "$b_part" ] && [ "$(b_inode "./$b_name")" = "$b_was" ]; then
    b_all=$(b_facts "./$b_name")
    b_all=${b_all#* }
    case $b_all in "$b_at "* | "${b_at%%.*} "* | "${b_at%%.*}.000000000 "* | '- '*) b_say "done $PWD/$b_name" ;; esac
  fi
  if [ -e "./$b_name" ]; then
    [ -d "./$b_name" ] || b_say e isfile
    [ -n "$b_replace" ] || b_say e exists
  fi
  b_take
  b_keep=''
  if [ -w "$b_part" ] && b_ours d "$b_part"; then b_keep=1; fi
  b_alone
  b_noted=.baton-$b_key.since b_begun=''
  if [ -z "$b_keep" ]; then
    b_words=$(mkdir -m 700 "$b_part" 2>&1) || {
      b_why "$b_words"
      b_refuse "$b_word" "$b_words"
    }
  else
    { read -r b_begun <"$b_part/$b_noted"; } 2>/dev/null
    # Marks of streams that nobody has placed, and this note: neither is of the source.
    rm -f "$b_part/.baton-"*
  fi
  case $b_begun in '' | *[!0-9]*) b_begun=0 ;; esac
  b_put "ready $b_begun 0 $(b_inode "$b_part") $(umask)"
  [ "$b_begun" = 0 ] || (cd "$b_part" && b_listing "$b_mark")
  b_put_bare "$b_mark"
  read -r b_go b_mode || exit 0
  case $b_go in
    anew)
      (cd "$b_part" && find . ! -name . -prune -exec rm -rf {} +) 2>/dev/null
      b_begun=$b_since
      ;;
    more) ;;
    *) exit 0 ;;
  esac
  b_words=$(b_put "$b_begun" 2>&1 >"$b_part/$b_noted") || {
    b_why "$b_words"
    b_refuse "$b_word" "$b_words"
  }
  b_words=$( (cd "$b_part" && tar -xof -) 2>&1)
  b_status=$?
  [ -f "$b_part/.baton-$b_mark" ] || {
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
  rm -f "$b_part/.baton-$b_mark" "$b_part/$b_noted"
  chmod "$b_mode" "$b_part"
  b_stamp "$b_part"
  if [ -d "./$b_name" ]; then
    b_here=$PWD
    b_words=$(b_clash "$b_here/$b_part" "$b_here/$b_name") || b_refuse "${b_words%% *}" "${b_words#* }"
    b_words=$(b_keeps "$b_here/$b_part" "$b_here/$b_name")
    [ -z "$b_words" ] || b_refuse kept "$b_words"
    b_words=$(b_merge "$b_here/$b_part" "$b_here/$b_name" 2>&1) || {
      rm -rf "$b_part"
      b_refuse half "$b_words"
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
