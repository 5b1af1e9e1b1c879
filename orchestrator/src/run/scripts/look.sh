# shellcheck shell=sh
# shellcheck disable=SC2154 # the header and process.sh stand before this
# Tells how runs of b_root stand, all or those in b_ids: a line `ID STATE STATUS OUT ERR` each (sizes in bytes, - for
# what isn't there), followed by a line with its meta.json.

# b_look ID
b_look() {
  b_d=$b_root/$1 b_meta='' b_go='' b_state='' b_status=''
  [ -d "$b_d" ] || {
    printf '%s absent - 0 0\n\n' "$1"
    return
  }
  { IFS= read -r b_meta <"$b_d/meta.json"; } 2>/dev/null
  { read -r b_go <"$b_d/go"; } 2>/dev/null
  case $b_go in
    launched)
      # It may end while we look, so its end is looked for first and last.
      if b_over; then
        # Whatever else stands there, we haven't written.
        case $b_status in *[!0-9]*) b_state=unknown b_status='' ;; *) b_state=exited ;; esac
      elif b_going; then
        b_state=running
      elif b_over; then
        b_state=exited
      elif b_noted; then
        b_state=unknown
      elif [ -n "$(find "$b_d/go" -prune -mmin +1 2>/dev/null)" ]; then
        b_state=broken
      else
        b_state=running
      fi
      ;;
    never) b_state=never ;;
    *) b_state=staged ;;
  esac
  # shellcheck disable=SC2046 # wc may put blanks before the number
  set -- "$1" $({ wc -c <"$b_d/out" || echo 0; } 2>/dev/null) $({ wc -c <"$b_d/err" || echo 0; } 2>/dev/null)
  b_out=$2 b_err=$3
  printf '%s %s %s %s %s\n%s\n' "$1" "$b_state" "${b_status:--}" "$b_out" "$b_err" "$b_meta"
}
