# shellcheck shell=sh
# shellcheck disable=SC2154 # put.sh, host.sh and enter.sh stand before this
# Making, moving and deleting. OUTSIDE is empty where it has to be inside. These leave also with
#   15 where it would have to be moved to another file system, 16 where it is what we stand on: the directory that paths begin in, a home
#   or `/`, or a name such as `..`, 18 where a directory isn't empty, 19 where a directory would be replaced, 22 where a part of one may
#   be deleted already, 23 where it would be moved into itself.

# bf_mkdir BASE PATH OUTSIDE PARENTS: makes a directory; with PARENTS those above it, too, and one that is there is as good.
bf_mkdir() {
  bf_at "$1"
  if [ -z "$4" ]; then
    bf_enter "$2"
    [ -z "$bf_self" ] || exit 6
    [ -n "$3" ] || bf_inside || exit 8
    ! bf_there || exit 6
    mkdir "$bf_name" || {
      ! bf_there || exit 6
      exit 4
    }
    bf_show
    return
  fi
  case $2 in
    /*) ;;
    *) [ -n "$bf_root" ] || bf_why "$bf_missing" ;;
  esac
  # What is there already, and what is to be made in it.
  bf_deep=$2 bf_more=''
  until [ -z "$bf_deep" ] || [ -d "$bf_deep" ]; do
    case $bf_deep in
      ?*/)
        bf_deep=${bf_deep%/}
        continue
        ;;
      .. | */..) exit 16 ;;
      . | */.) ;;
      *) bf_more=${bf_deep##*/}${bf_more:+/$bf_more} ;;
    esac
    case $bf_deep in
      /*/*) bf_deep=${bf_deep%/*} ;;
      /*) bf_deep=/ ;;
      */*) bf_deep=${bf_deep%/*} ;;
      *) bf_deep='' ;;
    esac
  done
  cd -P -- "${bf_deep:-.}" >/dev/null 2>&1 || bf_why "$bf_deep"
  [ -n "$3" ] || bf_inside || exit 8
  if [ -n "$bf_more" ]; then
    mkdir -p "./$bf_more" || {
      bf_name=./${bf_more%%/*}
      if bf_there && [ ! -d "$bf_name" ]; then exit 6; fi
      exit 4
    }
    cd -P "./$bf_more" || exit 4
  fi
  bf_enter .
  bf_show
}

# bf_leaf PATH OUTSIDE: goes to what a change is about.
bf_leaf() {
  cd "$bf_top" || exit 4
  bf_enter "$1"
  [ -z "$bf_self" ] || exit 16
  [ -n "$2" ] || bf_inside || exit 8
}

# bf_spared: leaves where bf_dir$bf_base is what we stand on, or holds that.
bf_spared() {
  for bf_one in "$bf_root" "$HOME/" "$(cd -P "$HOME" 2>/dev/null && bf_put "$PWD")/"; do
    case $bf_one in "$bf_dir$bf_base/"*) exit 16 ;; esac
  done
}

# bf_rename BASE FROM TO OUTSIDE REPLACE: moves a file or directory; REPLACE is empty where nothing may be replaced. Answers a NUL once
# it looks for TO, another one when it has found where that is, and what bf_show tells.
bf_rename() {
  bf_at "$1"
  bf_leaf "$2" "$4"
  bf_there || {
    ls -ld "$bf_name" >/dev/null
    exit 4
  }
  bf_spared
  bf_line "$bf_name" || exit 4
  bf_from=$bf_dir$bf_base bf_was=$bf_line bf_folder=''
  [ -h "$bf_name" ] || [ ! -d "$bf_name" ] || bf_folder=1
  command printf '\0'
  bf_leaf "$3" "$4"
  command printf '\0'
  if [ "$bf_dir$bf_base" = "$bf_from" ]; then
    bf_show
    return
  fi
  case $bf_dir in "$bf_from"/*) exit 23 ;; esac
  if bf_there; then
    bf_line "$bf_name" || exit 6
    # Two names of one file: nothing moves one onto the other.
    bf_links=${bf_line#* * * * }
    [ "$bf_line" != "$bf_was" ] || [ -n "$bf_folder" ] || [ "${bf_links%% *}" = 1 ] || exit 6
    # On a disk that doesn't tell cases apart it is the same one, whose name changes.
    if [ "$bf_line" != "$bf_was" ] || [ "$(bf_lower "$bf_base")" != "$(bf_lower "${bf_from##*/}")" ]; then
      [ -n "$5" ] || exit 6
      [ -h "$bf_name" ] || [ ! -d "$bf_name" ] || exit 19
      [ -z "$bf_folder" ] || exit 19
    fi
    set -- "$1" "$2" "$3" "$4" 1
  fi
  bf_line . || exit 4
  [ "${bf_line%% *}" = "${bf_was%% *}" ] || exit 15
  bf_as='' bf_moved=1
  [ "$bf_kind" != gnu ] || bf_as=-T
  if [ -n "$5" ]; then
    # shellcheck disable=SC2086 # none or one
    mv -f $bf_as "$bf_from" "$bf_name" || exit 4
  elif [ -n "$bf_folder" ] || [ "$bf_kind" = gnu ] || ! ln "$bf_from" "$bf_name" 2>/dev/null; then
    # shellcheck disable=SC2086 # none or one
    mv -n $bf_as "$bf_from" "$bf_name" || bf_moved=''
    # What was in the way makes it do nothing, and some say so.
    if [ -e "$bf_from" ] || [ -h "$bf_from" ]; then
      if [ -n "$bf_moved" ] || bf_there; then exit 6; fi
    fi
    [ -n "$bf_moved" ] || exit 4
  else
    rm -f "$bf_from" || exit 4
  fi
  bf_show
}

bf_lower() {
  bf_put "$1" | tr '[:upper:]' '[:lower:]'
}

# bf_delete BASE OUTSIDE RECURSIVE PATH…: deletes, once all of them were looked at. What it says is the number of the path it is about.
bf_delete() {
  bf_at "$1"
  bf_outside=$2 bf_recursive=$3
  shift 3
  bf_count=0
  for bf_each in "$@"; do
    bf_put "$bf_count$bf_nl"
    bf_count=$((bf_count + 1))
    bf_leaf "$bf_each" "$bf_outside"
    bf_there || {
      ls -ld "$bf_name" >/dev/null
      exit 4
    }
    bf_spared
    [ -w . ] || exit 13
    if [ -z "$bf_recursive" ] && [ ! -h "$bf_name" ] && [ -d "$bf_name" ]; then
      [ -z "$(find "$bf_name/." ! -name . -prune 2>/dev/null | head -n 1)" ] || exit 18
    fi
  done
  bf_count=0
  for bf_each in "$@"; do
    bf_put "$bf_count$bf_nl"
    bf_count=$((bf_count + 1))
    # One that lay in another one is gone with that.
    (bf_leaf "$bf_each" "$bf_outside" && bf_there) 2>/dev/null || continue
    bf_leaf "$bf_each" "$bf_outside"
    if [ -h "$bf_name" ] || [ ! -d "$bf_name" ]; then
      rm -f "$bf_name" || exit 4
    elif [ -n "$bf_recursive" ]; then
      rm -rf "$bf_name" || exit 22
    else
      rmdir "$bf_name" || exit 4
    fi
  done
}
