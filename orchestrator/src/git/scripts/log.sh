# shellcheck shell=sh
# shellcheck disable=SC2154 # enter.sh stands before this
# bg_log MARK BYTES SKIP LIMIT ALL TEXT REVISION PATH…: commits, eight fields each that a NUL ends; at most BYTES, and MARK behind
# them where that is all. Leaves with 97 where there is no such commit; before the first one there is nothing to tell.

bg_log() {
  bg_mark=$1 bg_most=$2 bg_skip=$3 bg_limit=$4 bg_all=$5 bg_text=$6 bg_rev=$7
  shift 7
  bg_in
  bg_top
  if [ -n "$bg_rev" ]; then
    bg_rev=$(bg_of "$bg_rev") || exit 97
  else
    bg_rev=$(bg_oid HEAD)
  fi
  if [ -z "$bg_rev" ]; then
    # Before the first commit its branch isn't there; else git says what is broken.
    if ! bg_ref=$(bg_git symbolic-ref -q HEAD) || bg_git rev-parse -q --verify "$bg_ref" >/dev/null; then
      bg_git log -1 HEAD -- >/dev/null
      exit
    fi
    [ -n "$bg_all" ] || {
      bg_put "$bg_mark"
      exit
    }
  fi
  {
    bg_git log -z --topo-order --decorate=short --skip="$bg_skip" -n "$bg_limit" \
      --format='%H%x00%P%x00%aN%x00%aE%x00%at%x00%D%x00%s%x00%b' \
      ${bg_text:+-i} ${bg_text:+--fixed-strings} ${bg_text:+"--grep=$bg_text"} \
      ${bg_all:+--branches} ${bg_all:+--tags} ${bg_all:+--remotes} ${bg_rev:+"$bg_rev"} -- "$@" &&
      bg_put "$bg_mark"
  } | head -c "$bg_most"
}
