# shellcheck shell=sh
# shellcheck disable=SC2034,SC2154 # a call sets b_f; process.sh and enter.sh stand before this
# The lock of the file b_f: flock(2) on a file beside it, or, where neither flock(1) nor perl is, a directory. Whoever
# writes without a shell takes both.

# b_locked COMMAND…: runs it under the lock, for which it waits 10 s.
b_locked() {
  b_plain ".$b_f.lock"
  if command -v flock >/dev/null 2>&1; then
    b_by=flock
  elif perl -e 1 2>/dev/null; then
    b_by=perl
  else
    b_by=''
    b_hold
    "$@"
    return
  fi
  b_opened=''
  b_flocked "$@" 9>>".$b_f.lock"
  # It could not be opened; the shell has said why.
  [ -n "$b_opened" ] || b_say denied system ".maestro/history/.$b_f.lock"
}

# b_flocked COMMAND…: the same, with the file open as descriptor 9.
b_flocked() {
  b_opened=1
  # As stdin: mksh hands no other descriptor on that it has opened itself.
  case $b_by in
    flock) b_flock ;;
    perl) perl -e '$SIG{ALRM} = sub { exit 1 }; alarm 10; exit(flock(STDIN, 2) ? 0 : 2)' <&9 ;;
  esac
  case $? in
    0) "$@" ;;
    1) b_say locked ;;
    *) b_say denied system ".maestro/history/.$b_f.lock" ;;
  esac
}

b_flock() {
  flock -n 0 <&9
  b_status=$?
  [ "$b_status" = 1 ] || return "$b_status"
  b_clock
  b_end=$((b_now + 100))
  flock -w 10 0 <&9 2>/dev/null && return 0
  # busybox' doesn't know how to wait for so long.
  while b_clock && [ "$b_now" -lt "$b_end" ]; do
    flock -n 0 <&9 && return 0
    sleep 0.05 2>/dev/null || sleep 1
  done
  return 1
}

# b_me: sets b_pid to the process that runs this, which is not $$ in a subshell.
b_me() {
  { read -r b_pid b_rest </proc/self/stat; } 2>/dev/null || b_pid=$(exec sh -c 'echo "$PPID"')
}

# b_place: sets b_place to what names this boot of the machine, and among which of its processes we are: containers may
# share a disk.
b_place() {
  b_boot
  b_place=$b_boot
  # shellcheck disable=SC2046 # an inode and a path are words
  set -- $(ls -diL /proc/self/ns/pid 2>/dev/null)
  [ $# != 2 ] || b_place="$b_boot $1"
}

# b_hold: makes the directory that is the lock, and notes in it who has it: process, place, start of the process.
b_hold() {
  b_lock=.$b_f.lock.d
  b_me
  b_clock
  b_end=$((b_now + 100))
  until b_words=$(mkdir "$b_lock" 2>&1); do
    case $b_words in
      *xists*) ;;
      *)
        b_put "$b_words" >&2
        b_say denied system ".maestro/history/$b_lock"
        ;;
    esac
    # In one look: between two, one may have given it back and another taken it.
    case $(ls -ld "$b_lock" 2>/dev/null) in
      d* | '') ;;
      l*) b_say denied symlink ".maestro/history/$b_lock" ;;
      *) b_say denied way ".maestro/history/$b_lock" ;;
    esac
    b_clock
    [ "$b_now" -lt "$b_end" ] || b_say locked
    (b_bury) && continue
    sleep 0.05 2>/dev/null || sleep 1
  done
  b_held=1
  b_place
  b_born "$b_pid" || b_born=unknown
  # On a full disk it stays empty: then it is given up for dead after a minute, if we die.
  { printf '%s\n%s\n%s\n' "$b_pid" "$b_place" "$b_born" >"$b_lock/owner"; } 2>/dev/null || :
}

# b_free: gives the lock back. In one step, since somebody may be looking into it.
b_free() {
  b_held=''
  # What others who died have left of theirs goes as well.
  mv "$b_lock" ".$b_f.lock.dead.$b_pid" && rm -rf ".$b_f.lock.dead".*
}

# b_owner: sets b_note to who has the lock in the working directory; nothing where that can't be read.
b_owner() {
  b_note=''
  { { read -r b_who && IFS= read -r b_then_place && IFS= read -r b_then; } <owner; } 2>/dev/null || return 1
  b_note=$b_who/$b_then_place/$b_then
}

# b_old PATH: whether nothing was made in it for a minute.
b_old() {
  [ -n "$(find "$1" -prune -mmin +1 2>/dev/null)" ]
}

# b_bury: moves the lock away and removes it, if its owner is dead. In a subshell: from within the directory there is no
# doubt about which one is meant. Fails when the owner may live.
b_bury() {
  cd -P "$b_lock" 2>/dev/null || {
    # Gone; or somebody's who lets nobody in.
    [ ! -d "$b_lock" ]
    return
  }
  b_mine=$b_pid
  if b_owner; then
    b_place
    if [ "$b_then_place" != "$b_place" ] || [ "$b_boot" = unknown ] || [ "$b_then" = unknown ]; then
      # Of before a restart; or of another machine or container that shares the disk, and works on.
      b_old . || return 1
    elif b_born "$b_who"; then
      [ "$b_born" != "$b_then" ] || return 1
    else
      # Gone; or another account's, which may show us none of its processes. Not every shell knows -O.
      # shellcheck disable=SC3067
      [ -O . ] 2>/dev/null || b_old . || return 1
    fi
  else
    b_old . || return 1
  fi
  b_seen=$b_note
  # One alone may do it. One that died over it has left this behind.
  mkdir taken 2>/dev/null || {
    ! b_old taken || rmdir taken
    return 1
  }
  b_owner
  if [ "$b_note" != "$b_seen" ]; then
    rmdir taken
    return 1
  fi
  cd .. && mv "$b_lock" ".$b_f.lock.dead.$b_mine" && rm -rf ".$b_f.lock.dead".*
}
