# shellcheck shell=sh
# What a directory has: also where find knows no -printf.

# b_form: sets b_form to who tells of files here: GNU's find, a stat with -c (busybox) or with -f (BSD, macOS), or nobody.
b_form() {
  b_form=''
  if find . -prune -printf '' >/dev/null 2>&1; then
    b_form=gnu
  elif stat -c %f . >/dev/null 2>&1; then
    b_form=c
  elif stat -f %p . >/dev/null 2>&1; then
    b_form=f
  fi
}

# b_listing MARK: all that is here, as arrived.rs reads it; nothing where nobody can tell it. stat ends each with a newline, which a
# name may have, too: so each begins with half of the mark.
b_listing() {
  b_form
  b_half=${1%????????????????}
  case $b_form in
    gnu) find . -mindepth 1 -printf '%y %s %T@ %C@ %P\0' ;;
    c) find . ! -name . -exec stat -c "$b_half c %f %s %Y %Z %n" {} + ;;
    f) find . ! -name . -exec stat -f "$b_half f %p %z %m %c %N" {} + ;;
  esac 2>/dev/null
}
