# shellcheck shell=sh
# shellcheck disable=SC2154 # the header, process.sh and look.sh stand before this
# Removes the runs b_ids, unless one of them lives or may still be launched; then prints those that are gone.

umask 077
for b_one in $b_ids; do
  b_d=$b_root/$b_one
  if [ -d "$b_d" ] && [ ! -e "$b_d/go" ]; then
    printf 'never\n' >"$b_d/never.$$" && ln "$b_d/never.$$" "$b_d/go"
  fi 2>/dev/null
  b_look "$b_one" >/dev/null
  case $b_state in
    running | staged) continue ;;
  esac
  rm -rf "$b_d" && printf '%s\n' "$b_one"
done
