# shellcheck shell=sh
# shellcheck disable=SC2034,SC2154 # the others use these; put.sh stands before this
# What the host's programs know, looked at once a shell; and what they say of a file.

bf_kind=none
if find / -prune -printf '' >/dev/null 2>&1; then
  bf_kind=gnu
elif stat -c %f / >/dev/null 2>&1; then
  # busybox, toybox
  bf_kind=c
elif stat -f %p / >/dev/null 2>&1; then
  # BSD, macOS
  bf_kind=f
fi

# bf_line [-L] NAME: sets bf_line to `DEVICE INODE KIND SIZE LINKS UID GID MODIFIED CHANGED MODE OWNER/GROUP`; with -L of a link's
# end. KIND is find's letter, or the whole mode, in hexadecimal (c) or octal (f). Fails where it is gone.
bf_line() {
  bf_how=''
  if [ "$1" = -L ]; then
    bf_how=-L
    shift
  fi
  # shellcheck disable=SC2086 # none or one
  case $bf_kind in
    gnu) bf_line=$(find $bf_how "$1" -prune -printf '%D %i %y %s %n %U %G %T@ %C@ %m %u/%g' 2>/dev/null) ;;
    c) bf_line=$(stat $bf_how -c '%d %i %f %s %h %u %g %Y %Z %a %U/%G' "$1" 2>/dev/null) ;;
    f) bf_line=$(stat $bf_how -f '%d %i %p %z %l %u %g %Fm %Fc %Mp%03Lp %Su/%Sg' "$1" 2>/dev/null) ;;
    *) exit 20 ;;
  esac
  [ -n "$bf_line" ]
}

# bf_version NAME: sets bf_v to what names the state of that file, of which bf_line was read. Where the times are of whole
# seconds, the contents are part of it, up to 4 MiB: two changes within one second would be one.
bf_version() {
  bf_summed=$1
  set -f
  # shellcheck disable=SC2086 # words
  set -- $bf_line
  set +f
  bf_v=$1:$2:$4:$8:$9
  case $8 in *.*[1-9]*) return 0 ;; esac
  if [ "$4" -le 4194304 ] && [ -f "$bf_summed" ]; then
    # Some have the one, some the other.
    bf_sum=$(cksum <"$bf_summed" 2>/dev/null || md5sum <"$bf_summed" 2>/dev/null) && bf_v=$bf_v:${bf_sum%% *}
  fi
}

# bf_end NAME: sets bf_end to what is at the end of a link: d, f, o for another thing, n for nothing.
bf_end() {
  if [ -d "$1" ]; then
    bf_end=d
  elif [ -f "$1" ]; then
    bf_end=f
  elif [ -e "$1" ]; then
    bf_end=o
  else
    bf_end=n
  fi
}

# bf_link NAME: sets bf_to to where a link points to, byte for byte.
bf_link() {
  bf_to=$(readlink -n "$1" && echo .)
  bf_to=${bf_to%.}
}

# bf_show: tells of the file bf_name: form, root, path, the kind of its end, whether it may be written, its line, its version, where
# it points to and where that ends, each ended by a NUL.
bf_show() {
  bf_line "$bf_name" || {
    ls -ld "$bf_name" >/dev/null
    exit 4
  }
  bf_shown=$bf_line bf_v='' bf_to='' bf_real=''
  bf_end "$bf_name"
  bf_w=0
  [ ! -w "$bf_name" ] || bf_w=1
  if [ -h "$bf_name" ]; then
    bf_link "$bf_name"
    # Where it ends, if anywhere.
    bf_real=$({ bf_follow && bf_put "$bf_dir$bf_base/."; } 2>/dev/null)
    bf_real=${bf_real%.}
    [ "$bf_end" != f ] || ! bf_line -L "$bf_name" || bf_version "$bf_name"
  else
    bf_version "$bf_name"
  fi
  bf_tell
}

bf_tell() {
  command printf '%s\0' "$bf_kind" "$bf_root" "$bf_dir$bf_base" "$bf_end$bf_w" "$bf_shown" "$bf_v" "$bf_to" "$bf_real"
}
