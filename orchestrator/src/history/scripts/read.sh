# shellcheck shell=sh
# Prints spans of a project's files, of which the working directory is: sh -c THIS MARK (NAME BLOCK FIRST COUNT)…. Each is
# ended by MARK and `;`, the last one and all by MARK and `.`. Whole blocks, since dd is as quick as cat with them.

b_end() {
  printf '%s.' "$0"
  exit 0
}
cd -P . || b_end
b_root=${PWD%/}
cd -P .maestro/history 2>/dev/null || b_end
case $PWD/ in "$b_root"/*) ;; *) b_end ;; esac
while [ $# -gt 3 ]; do
  if [ -f "$1" ] && [ ! -h "$1" ]; then dd if="$1" bs="$2" skip="$3" count="$4" 2>/dev/null; fi
  printf '%s;' "$0"
  shift 4
done
b_end
