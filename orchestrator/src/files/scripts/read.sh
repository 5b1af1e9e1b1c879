# shellcheck shell=sh
# shellcheck disable=SC2034,SC2154 # put.sh, host.sh and enter.sh stand before this
# bf_read BASE PATH MARK SEEN OFFSET LENGTH SKIP COUNT: LENGTH bytes of a file from OFFSET on, as COUNT blocks of 4 KiB after SKIP of
# them. Answers `same`, a NUL, where its version is SEEN; else what bf_show tells of the file at the end of a link, MARK, the
# bytes, MARK, how reading them ended (`more` where something stands behind them), and its line then. Before the first MARK stands also what was asked for, and where that points to.

bf_read() {
  bf_at "$1"
  bf_enter "$2"
  bf_asked=$bf_dir$bf_base bf_first=''
  if [ -h "$bf_name" ]; then
    bf_link "$bf_name"
    bf_first=$bf_to
    bf_follow
  fi
  if [ -n "$bf_self" ] || [ -d "$bf_name" ]; then exit 5; fi
  bf_there || {
    ls -ld "$bf_name" >/dev/null
    exit 4
  }
  [ -f "$bf_name" ] || exit 9
  [ -r "$bf_name" ] || {
    cat "$bf_name" >/dev/null
    exit 4
  }
  if [ -n "$4" ]; then
    bf_line "$bf_name" && bf_version "$bf_name"
    if [ "$bf_v" = "$4" ]; then
      command printf 'same\0'
      exit 0
    fi
  fi
  # What is open is one file, whatever becomes of its name.
  bf_opened "$@" <"$bf_name" || exit 4
}

# bf_opened …: the same words, with the file as stdin. Of a file without nanoseconds the sum is taken by its name: not
# everywhere a second look at /dev/stdin begins at its beginning.
bf_opened() {
  bf_line -L /dev/stdin || bf_line "$bf_name" || exit 3
  bf_version "$bf_name"
  bf_shown=$bf_line bf_end=f bf_to='' bf_real='' bf_w=0
  [ ! -w "$bf_name" ] || bf_w=1
  bf_tell
  command printf '%s\0' "$bf_asked" "$bf_first"
  bf_put "$3"
  set -f
  bf_from=$5 bf_length=$6 bf_skip=$7 bf_count=$8 bf_mark=$3
  # shellcheck disable=SC2086 # words
  set -- $bf_shown
  if [ "$4" = 0 ]; then
    # Files of /proc have no size, but contents.
    tail -c +"$((bf_from + 1))" | head -c "$bf_length"
  else
    dd bs=4096 skip="$bf_skip" count="$bf_count" 2>/dev/null
  fi
  bf_code=$?
  # Some file systems give less than was asked for in the middle of a file: its end is where nothing comes any more.
  if [ "$4" != 0 ] && [ "$bf_code" = 0 ] && [ "$(($(dd bs=1 count=1 2>/dev/null | wc -c)))" != 0 ]; then bf_code='more'; fi
  bf_put "$bf_mark$bf_code "
  bf_line=''
  bf_line -L /dev/stdin || bf_line "$bf_name"
  bf_put "$bf_line"
}
