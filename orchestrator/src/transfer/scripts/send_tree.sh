# shellcheck shell=sh
# shellcheck disable=SC2034,SC2154 # place.sh and listing.sh stand before this; a call sets the rest
# Prints a directory, as a stream of tar.

# b_sizes: the bytes of all files here, a line each.
b_sizes() {
  case $b_form in
    gnu) find . -type f -printf '%s\n' ;;
    c) find . -type f -exec stat -c %s {} + ;;
    f) find . -type f -exec stat -f %z {} + ;;
  esac 2>/dev/null
}

# b_send_tree: says `counting`, and then `tree` with the bytes of the files in b_p, or - where nobody counts them, what is known of it, and what time it
# is, or - where it can't list them or tar can't be told which. It is asked: `list MARK` for what there is, and MARK; `go` for all
# of it as a stream of tar, `some N` for those whose names come in N bytes, each ended by a NUL: one archive or several. After it stderr has `end` and a
# status.
b_send_tree() {
  command -v tar >/dev/null 2>&1 || b_say e notar
  cd -P -- "$b_p" >/dev/null 2>&1 || b_say e denied
  [ -r . ] || b_say e denied
  # It may take long.
  b_put counting
  b_form
  b_all=$(b_sizes | awk '{ all += $1 } END { printf "%.0f\n", all }' 2>/dev/null)
  b_now=- b_tar=''
  case $b_all in
    '' | 0 | *[!0-9]*) b_all=$(du -sk . 2>/dev/null | awk '{ printf "%.0f\n", $1 * 1024 }' 2>/dev/null) ;;
    *)
      case $(tar --version 2>/dev/null) in *GNU*) b_tar=gnu ;; esac
      # Others are told as arguments; in several calls where there are many.
      if [ -n "$b_tar" ] || { command -v xargs && tar --no-recursion -cf - .; } >/dev/null 2>&1; then b_now=$(date +%s); fi
      ;;
  esac
  case $b_now in *[!0-9]*) b_now=- ;; esac
  b_put "tree ${b_all:--} $(b_facts .) $b_now"
  # Without the companions that macOS makes of attributes.
  COPYFILE_DISABLE=1
  export COPYFILE_DISABLE
  while read -r b_go b_which; do
    case $b_go in
      list)
        b_listing "$b_which"
        b_put_bare "$b_which"
        continue
        ;;
      go) tar -cf - . ;;
      some)
        case $b_tar in
          gnu) head -c "$b_which" | tar --no-recursion --null -T - -cf - ;;
          *) head -c "$b_which" | xargs -0 tar --no-recursion -cf - ;;
        esac
        ;;
      *) exit 0 ;;
    esac
    b_put "end $?" >&2
    exit 0
  done
  exit 0
}
