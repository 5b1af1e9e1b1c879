# shellcheck shell=sh
# shellcheck disable=SC2034,SC2154 # the others use these; a call sets b_p, and process.sh stands before this
# The way into a project's history, and how it is answered. A call sets b_p to the project's directory. Each is a
# subshell's own: it may go where it likes, and leave.

b_nl='
'
b_held='' b_spool=''

# b_say WORD…: the answer's first line, and its end.
b_say() {
  [ -z "$b_spool" ] || rm -f "$b_spool"
  [ -z "$b_held" ] || b_free
  b_put "$*"
  exit 0
}

# b_project: goes to the project, and sets b_root to what its machine calls it.
b_project() {
  # What is read here is in plain words, whatever the account likes to see.
  LC_ALL=C
  export LC_ALL
  unset TIME_STYLE QUOTING_STYLE BLOCK_SIZE LS_BLOCK_SIZE CLICOLOR CLICOLOR_FORCE CDPATH
  # Relative paths begin at home, wherever the server puts us.
  cd "$HOME" 2>/dev/null || :
  cd -- "$b_p" >/dev/null 2>&1 || {
    if [ -d "$b_p" ]; then b_say denied permission .; fi
    b_say noproject
  }
  cd -P . && b_root=$PWD
}

# b_inside PATH: refuses a place that is not in the project.
b_inside() {
  case $PWD/ in "${b_root%/}"/*) ;; *) b_say denied symlink "$1" ;; esac
}

# b_make: makes the directory b_one for everybody who may write here: a project's people may have accounts of their own.
b_make() {
  case $(ls -ldn .) in
    ?????w??w*) b_for=go ;;
    ?????w*) b_for=g ;;
    ????????w*) b_for=o ;;
    *) b_for='' ;;
  esac
  # Another one may be as quick.
  if mkdir "$b_one"; then
    [ -z "$b_for" ] || chmod "$b_for+rwx" "$b_one"
  else
    [ -d "$b_one" ] || b_say denied system "$b_way"
  fi
}

# b_history MAKE: goes to the project's history. Fails where there is none; makes it where MAKE says so.
b_history() {
  cd -P .maestro/history 2>/dev/null && {
    b_inside .maestro/history
    return 0
  }
  b_way=''
  for b_one in .maestro history; do
    b_way=${b_way:+$b_way/}$b_one
    if [ -d "$b_one" ]; then
      :
    elif [ -h "$b_one" ]; then
      b_say denied symlink "$b_way"
    elif [ -e "$b_one" ]; then
      b_say denied way "$b_way"
    elif [ -n "$1" ]; then
      b_make
    else
      return 1
    fi
    cd -P "$b_one" || b_say denied permission "$b_way"
    b_inside "$b_way"
  done
}

# b_plain NAME: refuses what is no file of its own.
b_plain() {
  [ ! -h "$1" ] || b_say denied symlink ".maestro/history/$1"
  [ ! -e "$1" ] || [ -f "$1" ] || b_say denied way ".maestro/history/$1"
}

# b_stat: sets b_size and b_inode of the file b_f; 0 and nothing where it is empty, or not there.
b_stat() {
  b_size=0 b_inode=''
  [ -s "$b_f" ] || return 0
  b_ls=$(ls -ldin "$b_f") || b_say denied system ".maestro/history/$b_f"
  # shellcheck disable=SC2086 # inode, mode, links, owner, group and size are words
  set -- $b_ls
  b_inode=$1 b_size=$6
}

# b_first BYTES: so many bytes of stdin, and no more is read where head doesn't know how.
b_first() {
  if head -c 1 </dev/null >/dev/null 2>&1; then
    head -c "$1"
  elif perl -e 1 2>/dev/null; then
    # shellcheck disable=SC2016 # perl's
    perl -e '
      my $left = shift;
      while ($left > 0) {
        my $read = sysread STDIN, my $bytes, $left < 65536 ? $left : 65536;
        last if !$read;
        print $bytes or exit 1;
        $left -= $read;
      }
      close STDOUT or exit 1;
    ' "$1"
  else
    dd bs=1 count="$1"
  fi
}

# b_sync FILE: brings it to the disk. Fails where dd doesn't know how.
b_sync() {
  dd if=/dev/null of="$1" conv=notrunc,fsync 2>/dev/null
}

# b_clock: sets b_now, in tenths of a second.
b_clock() {
  if { read -r b_now b_rest </proc/uptime; } 2>/dev/null; then
    b_now=${b_now%.*}${b_now#*.}
    b_now=${b_now%?}
  else
    b_now=$(date +%s)0
    # Without the digits that a shell of 32 bits can't count; one that begins with 0 would be octal.
    b_now=1${b_now#??}
  fi
}
