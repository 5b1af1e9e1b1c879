# shellcheck shell=sh
# shellcheck disable=SC2034,SC2154 # process.sh, put.sh, host.sh and enter.sh stand before this
# bf_write BASE PATH OUTSIDE EXPECTED BYTES SUM WORD [TEXT]: writes TEXT, or so many BYTES of stdin whose cksum is SUM, into a file
# beside the target, and moves that there. EXPECTED is the target's version, `-` for none, or nothing where it doesn't matter; OUTSIDE
# is empty where it has to be inside. WORD is random. Answers what bf_show tells of the file. Leaves also with
#   10 where not all bytes came, 11 where the file has further names, 12 where its mode and owner can't be kept, 13 where nothing may be made in
#   its directory, 14 where it is read-only.

bf_write() {
  bf_at "$1"
  bf_enter "$2"
  bf_follow
  [ -z "$bf_self" ] || exit 5
  [ -n "$3" ] || bf_inside || exit 8
  bf_was='' bf_mine='' bf_held=''
  bf_expect "$4"
  [ -w . ] || exit 13
  bf_sweep
  bf_mine=./.baton-save.$bf_place.$bf_pid.$7
  trap 'bf_leave 143' HUP INT TERM
  # Nobody else can read it, before it is known who may.
  (
    umask 077
    set -C
    : >"$bf_mine"
  ) || bf_leave 4
  bf_fill "$5" "$6" ${8+"$8"}
  if [ -n "$bf_was" ]; then bf_keep; else chmod '=rw' "$bf_mine" || bf_leave 4; fi
  bf_out
  # Right before it is replaced: of two who expect the same the other one waits, and then sees what is there.
  case $4 in '' | -) ;; *) bf_hold "$7" ;; esac
  bf_expect "$4"
  bf_line "$bf_mine" || bf_leave 4
  bf_inode_of "$bf_line"
  bf_new=$bf_inode
  if [ -z "$bf_was" ]; then bf_place_new "$4"; else bf_move; fi
  bf_mine=''
  bf_line "$bf_name" || bf_leave 7
  bf_inode_of "$bf_line"
  # Somebody else was as quick.
  [ "$bf_inode" = "$bf_new" ] || bf_leave 7
  bf_let_go
  bf_show
}

# bf_leave STATUS: leaves without a trace.
bf_leave() {
  [ -z "$bf_mine" ] || rm -f "$bf_mine"
  bf_let_go
  exit "$1"
}

# bf_hold WORD: takes the lock of this directory: a link to nothing, whose words say who has it. Whoever died with it loses it, and
# nobody has it for longer than a moment: after five seconds we go on without it, and where there are no links, too.
bf_hold() {
  bf_held=$bf_place.$bf_pid.$1 bf_tries=0
  until ln -s "$bf_held" ./.baton-save.lock 2>/dev/null; do
    bf_tries=$((bf_tries + 1))
    if [ "$bf_tries" -gt 100 ] || { [ "$bf_tries" = 1 ] && ! bf_links "$1"; }; then
      bf_held=''
      return
    fi
    bf_bury || sleep 0.05 2>/dev/null || sleep 1
  done
}

# bf_links WORD: whether links can be made here. That the lock isn't there says nothing: whoever had it has let it go meanwhile.
bf_links() {
  ln -s "$1" "./.baton-save.$bf_place.$bf_pid.$1.link" 2>/dev/null || return
  rm -f "./.baton-save.$bf_place.$bf_pid.$1.link"
}

# bf_bury: takes the lock from one who died. Fails where nobody did.
bf_bury() {
  bf_other=$(readlink ./.baton-save.lock 2>/dev/null)
  # Of another machine that shares the disk, or of before a restart: its numbers say nothing here.
  case $bf_other in "$bf_place."*) ;; *) return 1 ;; esac
  bf_old=${bf_other#"$bf_place."}
  bf_old=${bf_old%%.*}
  case $bf_old in '' | *[!0-9]*) return 1 ;; esac
  ! b_born "$bf_old" || return 1
  # Whoever moves it away looks at what they have, and gives back what is another's.
  bf_one=./.baton-save.$bf_place.$bf_pid.lock
  mv ./.baton-save.lock "$bf_one" 2>/dev/null || return 1
  if [ "$(readlink "$bf_one")" = "$bf_other" ]; then rm -f "$bf_one"; else mv -f "$bf_one" ./.baton-save.lock; fi
}

# bf_let_go: gives it back, where it is still ours.
bf_let_go() {
  [ -n "$bf_held" ] || return 0
  case $(readlink ./.baton-save.lock 2>/dev/null) in "$bf_held" | '') rm -f ./.baton-save.lock ;; esac
  bf_held=''
}

# bf_inode_of LINE: sets bf_inode.
bf_inode_of() {
  bf_inode=${1#* }
  bf_inode=${bf_inode%% *}
}

# bf_expect EXPECTED: leaves where the target isn't so; sets bf_was to its line where there is one.
bf_expect() {
  [ ! -d "$bf_name" ] || bf_leave 5
  if ! bf_there; then
    case $1 in '' | -) ;; *) bf_leave 7 ;; esac
    [ -z "$bf_was" ] || [ -z "$1" ] || bf_leave 7
    bf_was=''
    return
  fi
  [ "$1" != - ] || bf_leave 6
  [ -f "$bf_name" ] || bf_leave 9
  bf_line "$bf_name" || bf_leave 7
  if [ -n "$1" ]; then
    bf_version "$bf_name"
    [ "$bf_v" = "$1" ] || bf_leave 7
  fi
  bf_was=$bf_line
  [ -w "$bf_name" ] || bf_leave 14
  set -f
  # shellcheck disable=SC2086 # words
  set -- $bf_line
  set +f
  [ "$5" = 1 ] || bf_leave 11
}

# bf_fill BYTES SUM [TEXT]: writes it, and looks whether it is there.
bf_fill() {
  if [ $# = 3 ]; then bf_put "$3" >"$bf_mine"; else head -c "$1" >"$bf_mine"; fi 2>/dev/null
  if command -v cksum >/dev/null 2>&1; then
    # shellcheck disable=SC2046 # the sum and the size are words
    set -- "$1" "$2" $(cksum <"$bf_mine")
    [ "$3 $4" != "$2 $1" ] || return 0
  else
    # shellcheck disable=SC2046 # one word, with spaces around it on some systems
    set -- "$1" "$2" $(wc -c <"$bf_mine")
    [ "$3" != "$1" ] || return 0
  fi
  # Not every shell or program says why.
  dd if=/dev/zero of="$bf_mine" bs=1024 count="$(($1 / 1024 + 1))" || bf_leave 4
  bf_leave 10
}

# bf_out: has the disk take what was written. Leaves where it says that it can't; some programs and file systems know no fsync.
bf_out() {
  bf_words=$(dd if=/dev/null of="$bf_mine" conv=notrunc,fsync 2>&1) && return
  case $bf_words in
    *'nput/output error'* | *'No space left'* | *uota* | *'tale file handle'* | *'tale NFS'* | *'ead-only'*)
      bf_put "$bf_words$bf_nl" >&2
      bf_leave 4
      ;;
  esac
  sync
}

# bf_keep: gives it the target's mode and owner, and what cp knows of beyond that.
bf_keep() {
  bf_owned "$bf_was"
  bf_wanted=$bf_owner
  if [ "$bf_kind" = gnu ]; then
    cp --attributes-only --preserve=mode,ownership,xattr "$bf_name" "$bf_mine" 2>/dev/null ||
      cp --attributes-only --preserve=mode,ownership "$bf_name" "$bf_mine" 2>/dev/null
  fi
  bf_line "$bf_mine" || bf_leave 4
  bf_owned "$bf_line"
  [ "$bf_owner" != "$bf_wanted" ] || return 0
  # shellcheck disable=SC2086 # words
  set -- $bf_wanted
  chown "$1:$2" "$bf_mine" 2>/dev/null || chown ":$2" "$bf_mine" 2>/dev/null
  # The other way round it would lose what chown takes away.
  chmod "$3" "$bf_mine"
  bf_line "$bf_mine" || bf_leave 4
  bf_owned "$bf_line"
  [ "$bf_owner" = "$bf_wanted" ] || bf_leave 12
}

# bf_owned LINE: sets bf_owner to `UID GID MODE`.
bf_owned() {
  set -f
  # shellcheck disable=SC2086 # words
  set -- $1
  set +f
  shift 5
  bf_owner="$1 $2 $5"
}

# bf_place_new EXPECTED: gives it its name, where there is none. Of two who both expect that, one has it.
bf_place_new() {
  if [ -z "$1" ]; then
    bf_move
  elif ln "$bf_mine" "$bf_name" 2>/dev/null; then
    # A link into a directory that was just made.
    if [ -d "$bf_name" ]; then
      rm -f "$bf_name/${bf_mine#./}"
      bf_leave 6
    fi
    rm -f "$bf_mine"
  elif bf_there; then
    bf_leave 6
  else
    # A file system without hard links: who makes the empty file has it.
    (
      set -C
      : >"$bf_name"
    ) || {
      bf_there && bf_leave 6
      bf_leave 4
    }
    bf_move
  fi
}


# bf_move: moves it there. Where a directory has just come to that name, it goes into that, and is fetched back.
bf_move() {
  mv -f "$bf_mine" "$bf_name" || bf_leave 4
  if [ -d "$bf_name" ]; then
    rm -f "$bf_name/${bf_mine#./}"
    bf_mine=''
    bf_leave 5
  fi
}

# bf_sweep: sets bf_pid to the process that runs this, which isn't $$ in a subshell, and bf_place to where that number
# counts; removes what others have left here who died.
bf_sweep() {
  { read -r bf_pid bf_rest </proc/self/stat; } 2>/dev/null || bf_pid=$(exec sh -c 'echo "$PPID"')
  b_boot
  # Its beginning is enough.
  bf_place=${b_boot%%-*}
  case $bf_place in *[!0-9A-Za-z]*) bf_place=boot ;; esac
  for bf_one in ./.baton-save.*; do
    [ -f "$bf_one" ] || [ -h "$bf_one" ] || continue
    case $bf_one in
      # Nobody has it for that long.
      ./.baton-save.lock) bf_bury || find ./.baton-save.lock -prune -mmin +1 -exec rm -f {} + 2>/dev/null ;;
      "./.baton-save.$bf_place."*)
        bf_old=${bf_one#"./.baton-save.$bf_place."}
        bf_old=${bf_old%%.*}
        [ "$bf_old" != "$bf_pid" ] || continue
        case $bf_old in '' | *[!0-9]*) continue ;; esac
        b_born "$bf_old" || rm -f "$bf_one"
        ;;
      # Of before a restart, or of another machine that shares the disk, where it may be at work.
      *) find "$bf_one" -prune -mmin +60 -exec rm -f {} + 2>/dev/null ;;
    esac
  done
}
