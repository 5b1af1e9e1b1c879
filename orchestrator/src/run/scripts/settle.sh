# shellcheck shell=sh
# shellcheck disable=SC2154 # the header, process.sh and look.sh stand before this
# Makes sure that the run b_id was launched or never will be, and looks at it.

umask 077
b_d=$b_root/$b_id
if [ ! -e "$b_d/go" ]; then
  mkdir -p "$b_d" || exit 1
  b_try=$b_d/never.$$
  printf 'never\n' >"$b_try" || exit 1
  # Another one may have been first; then this fails, and that is as good.
  ln "$b_try" "$b_d/go" 2>/dev/null
  rm -f "$b_try"
fi
[ -s "$b_d/go" ] || exit 1
b_look "$b_id"
