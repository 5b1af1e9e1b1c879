# shellcheck shell=sh
# shellcheck disable=SC2154 # put.sh, host.sh and enter.sh stand before this
# bf_list BASE PATH MARK BYTES SUM SHA: what a directory holds, BYTES of it at most. Answers, each part ended by MARK: form, root and path;
# the entries; of the links where they end; which ones git ignores. `same` alone is the answer where all that, with the mark
# `baton`, comes to what cksum or sha1sum said of it before. Leaves also with 21 where it is there, and no directory.

bf_list() {
  bf_into "$1" "$2"
  if [ -n "$5" ]; then
    # A busybox may have only the one or the other.
    if command -v cksum >/dev/null 2>&1; then
      bf_sum=$(bf_told baton "$4" | cksum)
    else
      bf_sum=$(bf_told baton "$4" | sha1sum)
    fi
    case $bf_sum in
      "$5" | "$5 "* | "$6 "*)
        command printf 'same\0'
        return
        ;;
    esac
  fi
  bf_told "$3" "$4"
}

# bf_told MARK BYTES: that answer.
bf_told() {
  command printf '%s\0' "$bf_kind" "$bf_root" "$PWD"
  bf_put "$1"
  # All of it at once: what is told first goes out, and the rest waits in its pipe.
  bf_ignored "$2" | {
    "bf_links_$bf_kind" | head -c "$2" | {
      "bf_list_$bf_kind" "$1" | head -c "$2"
      bf_put "$1"
      cat
    }
    bf_put "$1"
    cat
  }
  bf_put "$1"
}

# bf_rows BASE PATH MARK BYTES: the same without sizes, times and permissions, where find tells names alone from the directory itself,
# without a look at each; the form is `names` then, nothing follows the entries, and no other program takes time to count their bytes.
bf_rows() {
  if [ "$bf_kind" != gnu ]; then
    bf_list "$1" "$2" "$3" "$4" '' ''
    return
  fi
  bf_into "$1" "$2"
  command printf '%s\0' names "$bf_root" "$PWD"
  bf_put "$3"
  find . -mindepth 1 -maxdepth 1 -type l -printf '%y%Y %l\0%f\0' -o -printf '%y\0%f\0'
  bf_put "$3"
}

# bf_into BASE PATH: goes into a directory that can be listed.
bf_into() {
  bf_at "$1"
  case $2 in
    /*) ;;
    *) [ -n "$bf_root" ] || bf_why "$bf_missing" ;;
  esac
  cd -P -- "$2" >/dev/null 2>&1 || {
    [ ! -e "$2" ] || [ -d "$2" ] || exit 21
    bf_why "$2"
  }
  [ -r . ] || {
    ls -a . >/dev/null
    exit 4
  }
}

# Each entry is a NUL after its name, and one after what comes before that.
bf_list_gnu() {
  find . -mindepth 1 -maxdepth 1 -printf '%y%Y %m %s %T@ %l\0%f\0'
}

# stat ends each with a newline, which a name may have, too: so each begins with the mark.
bf_list_c() {
  find . ! -name . -prune -exec stat -c "$1 %f %s %Y %n" {} +
}

bf_list_f() {
  find . ! -name . -prune -exec stat -f "$1 %p %z %Fm %N" {} +
}

# How many links, their names, and where each ends, whether that is there or not.
bf_links_gnu() {
  find . -mindepth 1 -maxdepth 1 -type l \
    -exec sh -c 'printf "%s\0" "$#" "$@"; exec readlink -m -z -- "$@"' sh {} + 2>/dev/null
}

# Of each link its name, the kind of its end, and where it points to.
bf_links_c() {
  # shellcheck disable=SC2016 # the other shell's
  find . ! -name . -prune -type l -exec sh -c '
    for l do
      if [ -d "$l" ]; then k=d; elif [ -f "$l" ]; then k=f; elif [ -e "$l" ]; then k=o; else k=n; fi
      printf "%s\0%s\0" "$l" "$k"
      readlink -n "$l"
      printf "\0"
    done' sh {} +
}

bf_links_f() {
  bf_links_c
}

# bf_ignored BYTES: those names that git ignores, each ended by a NUL; nothing where it knows nothing of the directory. Where it takes
# longer than 2 s, in which the rest is waited for, there is an empty name.
bf_ignored() {
  bf_up=$PWD
  until [ -e "${bf_up%/}/.git" ]; do
    case $bf_up in / | '') return 0 ;; esac
    bf_up=${bf_up%/*}
  done
  command -v git >/dev/null 2>&1 || return 0
  GIT_OPTIONAL_LOCKS=0
  export GIT_OPTIONAL_LOCKS
  # With literal pathspecs `git check-ignore` refuses every name.
  unset GIT_DIR GIT_WORK_TREE GIT_INDEX_FILE GIT_LITERAL_PATHSPECS
  case $bf_kind in
    gnu) find . -mindepth 1 -maxdepth 1 -printf '%p\0' ;;
    *) find . ! -name . -prune -exec printf '%s\0' {} + ;;
  esac 2>/dev/null | {
    bf_soon git -c core.fsmonitor=false check-ignore -z --stdin 2>/dev/null
    # What timeout says, and what a shell says of an end by its KILL, an alarm or a TERM; a name may have been begun.
    case $? in 124 | 137 | 142 | 143) command printf '\0\0' ;; esac
  } | head -c "$1"
}

# bf_soon COMMAND…: runs it for 2 s at most.
bf_soon() {
  if command -v timeout >/dev/null 2>&1; then
    timeout 2 "$@"
  elif command -v perl >/dev/null 2>&1; then
    perl -e 'alarm 2; exec @ARGV' "$@"
  else
    "$@"
  fi
}
