# shellcheck shell=sh
# shellcheck disable=SC2154 # the header, process.sh and look.sh stand before this
# Looks at the runs in b_ids, or at all of them. With b_ages, a line `old ID` for each that ended over 7 days ago,
# and `stale ID` for each directory that is older than an hour.

if [ -n "$b_ids" ]; then
  for b_one in $b_ids; do b_look "$b_one"; done
elif cd "$b_root" 2>/dev/null; then
  for b_one in *; do
    # Whatever else somebody put there is no run.
    case $b_one in *[!0-9A-Za-z_-]*) continue ;; esac
    [ ! -d "$b_one" ] || b_look "$b_one"
  done
  if [ -n "$b_ages" ]; then
    # More than 6 whole days: find counts full ones.
    find . -type f -name exit -mtime +6 2>/dev/null | sed -n 's,^\./\([^/]*\)/exit$,old \1,p'
    find . ! -name . -prune -type d -mmin +60 2>/dev/null | sed 's,^\./,stale ,'
  fi
fi
