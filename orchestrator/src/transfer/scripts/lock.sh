# shellcheck shell=sh
# shellcheck disable=SC2034,SC2154 # process.sh and place.sh stand before this; a call sets b_key, b_nonce and b_live
# The lock of a target: a directory beside it that says who has it. One that somebody left who is dead is buried; one
# that the same transfer has left behind on a link that was lost is taken from it.

# b_owner: sets b_who, b_then_boot, b_then, b_then_key and b_then_nonce to what the lock says of who has it.
b_owner() {
  b_who='' b_then_boot='' b_then='' b_then_key='' b_then_nonce=''
  { { read -r b_who && IFS= read -r b_then_boot && IFS= read -r b_then && read -r b_then_key && read -r b_then_nonce; } \
    <"$1/owner"; } 2>/dev/null
}

# b_mine: whether the lock is still ours.
b_mine() {
  b_owner "$b_lock" && [ "$b_then_nonce" = "$b_nonce" ]
}

# b_free: gives the lock back.
b_free() {
  b_held=''
  ! b_mine || rm -rf "$b_lock"
}

# b_bury: removes the lock of one who is dead. Whoever moved it away looks at what they have before they remove it.
b_bury() {
  b_dead=$b_then_nonce
  b_words=$(mv "$b_lock" "$b_lock.$$" 2>&1) || {
    # Somebody else was quicker, or nobody may.
    [ "$b_tries" -gt 20 ] || return 0
    b_why "$b_words"
    b_refuse "$b_word" "$b_words"
  }
  b_owner "$b_lock.$$"
  if [ "$b_then_nonce" = "$b_dead" ]; then
    rm -rf "$b_lock.$$"
  else
    mv "$b_lock.$$" "$b_lock"
  fi
}

# b_take: takes the lock, or says who is in the way.
b_take() {
  b_lock=./.$b_short.baton.lock
  b_tries=0
  until b_words=$(mkdir -m 700 "$b_lock" 2>&1); do
    [ -d "$b_lock" ] || {
      b_why "$b_words"
      b_refuse "$b_word" "$b_words"
    }
    # What another account says of itself is nobody's reason to end a process.
    b_ours d "$b_lock" || [ ! -d "$b_lock" ] || b_say e busy
    b_tries=$((b_tries + 1))
    if b_owner "$b_lock"; then
      b_boot
      if [ "$b_then_boot" = "$b_boot" ] && b_born "$b_who" && [ "$b_born" = "$b_then" ]; then
        if [ "$b_then_key" != "$b_key" ] || [ "$b_tries" -gt 40 ]; then b_say e busy; fi
        # Whoever sends it from the same process lives.
        case " $b_live " in *" $b_then_nonce "*) b_say e busy ;; esac
        b_hang=$b_group
        b_born "$$"
        # Some servers start all commands in a group of their own.
        case $b_who:$b_hang in
          *[!0-9:]* | 0:* | 1:*) b_say e busy ;;
          *: | *:0 | *:1 | *:"$b_group") kill -KILL "$b_who" 2>/dev/null ;;
          *) kill -KILL "-$b_hang" 2>/dev/null ;;
        esac
      else
        b_bury
      fi
    elif [ "$b_tries" -gt 20 ]; then
      # Whoever made it had a second to say so.
      b_bury
    fi
    sleep 0.05 2>/dev/null || sleep 1
    [ "$b_tries" -lt 60 ] || b_say e busy
  done
  b_held=1
  trap b_free EXIT
  trap 'exit 1' HUP INT TERM PIPE
  b_boot
  b_born "$$" || b_born=unknown
  b_words=$(b_put "$$
$b_boot
$b_born
$b_key
$b_nonce" 2>&1 >"$b_lock/owner") || {
    rm -rf "$b_lock"
    b_why "$b_words"
    b_refuse "$b_word" "$b_words"
  }
}
