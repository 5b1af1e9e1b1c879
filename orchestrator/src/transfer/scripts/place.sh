# shellcheck shell=sh
# shellcheck disable=SC2034,SC2154 # a call sets b_p and b_base; process.sh stands before this, and the others use what is set here
# Where a transfer begins or ends on this machine, and how it is answered. Each runs in a shell of its own: it may go
# where it likes, and leave.

b_held=''

# b_say WORD…: an answer of one line, and the end. Whoever hears it may take the lock at once.
b_say() {
  [ -z "$b_held" ] || b_free
  b_put "$*"
  exit 0
}

# b_refuse WORD TEXT: the same, with the host's own words on stderr.
b_refuse() {
  b_put "$2" >&2
  b_say "e $1"
}

# b_plain: what is read here is in plain words, whatever the account likes to see.
b_plain() {
  LC_ALL=C
  export LC_ALL
  unset TIME_STYLE QUOTING_STYLE BLOCK_SIZE LS_BLOCK_SIZE CLICOLOR CLICOLOR_FORCE CDPATH TAR_OPTIONS
}

# b_target: goes to the directory of b_p, links followed; sets b_name to the last name, and b_short to what names of
# ours beside it begin with: no name is longer than 255 bytes. Where b_base is set, it has to lie in that directory.
b_target() {
  b_links=0 b_root=''
  [ -z "$b_base" ] || {
    b_root=$(cd "$HOME" 2>/dev/null; cd -P -- "$b_base" >/dev/null 2>&1 && b_put_bare "${PWD%/}/.") || b_say e outside
    b_root=${b_root%.}
  }
  while :; do
    while :; do
      case $b_p in ?*/) b_p=${b_p%/} ;; *) break ;; esac
    done
    case $b_p in
      */*) b_d=${b_p%/*}/ b_name=${b_p##*/} ;;
      *) b_d=./ b_name=$b_p ;;
    esac
    case $b_name in '' | . | ..) b_say e noname ;; esac
    cd -P -- "$b_d" >/dev/null 2>&1 || {
      [ ! -d "$b_d" ] || b_say e denied
      b_say e nodir
    }
    [ -h "./$b_name" ] || break
    b_links=$((b_links + 1))
    # As many as Linux follows, path_resolution(7).
    [ "$b_links" -le 40 ] || b_say e loop
    b_p=$(readlink "./$b_name" && echo .) || b_say e loop
    b_p=${b_p%??}
  done
  case ${PWD%/}/ in "$b_root"*) ;; *) b_say e outside ;; esac
  b_short=$b_name
  [ "${#b_name}" -le 200 ] || b_short=$(b_put_bare "$b_name" | cksum | tr -d ' ')
}

# b_alone: removes the parts of other sources, and b_part where b_keep is empty.
b_alone() {
  for b_other in "./.$b_short.baton-"????????.part; do
    if [ ! -e "$b_other" ] && [ ! -h "$b_other" ]; then continue; fi
    if [ "$b_other" = "$b_part" ] && [ -n "$b_keep" ]; then continue; fi
    rm -rf "$b_other"
  done
}

# b_bytes FILE: its size.
b_bytes() {
  stat -L -c %s "$1" 2>/dev/null || stat -L -f %z "$1" 2>/dev/null || wc -c <"$1" | tr -d ' '
}

# b_inode FILE: prints its number.
b_inode() {
  # shellcheck disable=SC2046,SC2012 # a number is wanted, and nothing of the name
  set -- $(ls -diL "$1" 2>/dev/null)
  b_put_bare "${1-}"
}

# b_facts FILE: its size, when it was changed (in seconds), its inode and its mode; - where that can't be known.
b_facts() {
  b_all=$(stat -L -c '%s %.9Y %i %a' "$1" 2>/dev/null)
  case $b_all in
    '' | *[!0-9.\ ]*) b_all=$(stat -L -c '%s %Y %i %a' "$1" 2>/dev/null) ;;
  esac
  case $b_all in
    '' | *[!0-9.\ ]*) b_all=$(stat -L -f '%z %Fm %i %Lp' "$1" 2>/dev/null) ;;
  esac
  case $b_all in
    '' | *[!0-9.\ ]*) b_all="$(wc -c <"$1" | tr -d ' ') - $(b_inode "$1") -" ;;
  esac
  b_put_bare "$b_all"
}

# b_stamp FILE: gives it the time b_at (seconds and their fraction), or b_at_words where that isn't understood.
b_stamp() {
  touch -d "@$b_at" "$1" 2>/dev/null || touch -d "@${b_at%.*}" "$1" 2>/dev/null ||
    TZ=UTC0 touch -t "$b_at_words" "$1" 2>/dev/null
}

# b_looks FILE: sets b_looks to its mode, its owner and group, and how many names it has; to nothing where nobody tells.
b_looks() {
  b_looks=$(stat -L -c '%a %u:%g %h' "$1" 2>/dev/null)
  case $b_looks in
    '' | *[!0-9:\ ]*) b_looks=$(stat -L -f '%Lp %u:%g %l' "$1" 2>/dev/null) ;;
  esac
  case $b_looks in *[!0-9:\ ]*) b_looks='' ;; esac
  [ -n "$b_looks" ]
}

# b_ours TYPE FILE: whether it is of that type (f or d), no link, and belongs to this account.
b_ours() {
  [ -n "$(find "$2" -prune -type "$1" -user "$(id -u)" 2>/dev/null)" ]
}

# b_guard: refuses to replace a file whose other names would lose it, or that this account may not write.
b_guard() {
  [ -n "$b_replace" ] && [ -f "./$b_name" ] || return 0
  [ -w "./$b_name" ] || b_say e nowrite
  ! b_looks "./$b_name" || [ "${b_looks##* }" = 1 ] || b_say e names
}

# b_own: gives b_part the owner and group of the file that it is to replace, or refuses.
b_own() {
  [ -n "$b_replace" ] && [ -f "./$b_name" ] && b_looks "./$b_name" || return 0
  b_theirs=${b_looks#* } b_theirs=${b_theirs% *}
  b_looks "$b_part" || return 0
  b_ours=${b_looks#* }
  [ "${b_ours% *}" != "$b_theirs" ] || return 0
  chown "$b_theirs" "$b_part" 2>/dev/null || chown ":${b_theirs#*:}" "$b_part" 2>/dev/null
  b_looks "$b_part"
  b_ours=${b_looks#* }
  [ "${b_ours% *}" = "$b_theirs" ] || {
    rm -f "$b_part"
    b_say e owner
  }
}

# b_like: gives b_part the mode and the owner of the file that it is to replace, or refuses. Fails where there is none, or
# nobody tells.
b_like() {
  b_guard
  b_own
  [ -f "./$b_name" ] && b_looks "./$b_name" || return 1
  b_bits=${b_looks%% *}
  # No more than who may read, write and run it: the other bits belong to what was there.
  while [ "${#b_bits}" -gt 3 ]; do b_bits=${b_bits#?}; done
  chmod "$b_bits" "$b_part"
}

# b_why TEXT: sets b_word to what the words of a program that could not write mean.
b_why() {
  case $1 in
    *'No space left'* | *uota\ exceeded* | *'ile too large'*) b_word=full ;;
    *'ead-only file system'*) b_word='readonly' ;;
    *'ermission denied'* | *'not permitted'*) b_word=denied ;;
    *) b_word='write' ;;
  esac
}
