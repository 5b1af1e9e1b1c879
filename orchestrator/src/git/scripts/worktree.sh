# shellcheck shell=sh
# shellcheck disable=SC2154,SC2034,SC2030,SC2031 # enter.sh stands before this; worktree_add.sh reads bw_why; loops behind a pipe keep theirs
# A repository's worktrees. bw_list and bw_prune are called in a control shell, and bw_remove over a channel: it takes its time.

bw_byte=$(printf '\001')

# bw_real PATH: sets bw_real to where an absolute path leads when all of it is there that isn't yet. Fails with bw_why where that
# can't be: `file` for something in the way, `dots` for a `..` below what isn't there, `denied`.
bw_real() {
  bw_rest='' bw_real=$1 bw_why=''
  while [ ! -d "$bw_real" ]; do
    if [ -e "$bw_real" ] || [ -L "$bw_real" ]; then
      bw_why='file'
      return 1
    fi
    case $bw_real in
      */)
        bw_real=${bw_real%/}
        continue
        ;;
    esac
    case ${bw_real##*/} in
      .. | .)
        bw_why=dots
        return 1
        ;;
    esac
    bw_rest=/${bw_real##*/}$bw_rest
    bw_real=${bw_real%/*}
    [ -n "$bw_real" ] || bw_real=/
  done
  bw_real=$(cd -P -- "$bw_real" 2>/dev/null && printf '%s.' "$PWD") || {
    bw_why=denied
    return 1
  }
  bw_real=${bw_real%.}
  bw_real=${bw_real%/}$bw_rest
  [ -n "$bw_real" ] || bw_real=/
}

# bw_absolute PATH DIRECTORY: sets bw_path to it; `~` is the home, and a relative one begins at DIRECTORY.
bw_absolute() {
  # shellcheck disable=SC2088 # it is what was typed
  case $1 in
    /*) bw_path=$1 ;;
    '~') bw_path=$HOME ;;
    '~/'*) bw_path=$HOME/${1#'~/'} ;;
    *) bw_path=$2/$1 ;;
  esac
}

# bw_repository: sets bw_common to the real path of the git directory that all worktrees share, and bw_main to that of the
# repository's own; bw_bare is 1 where that has no files.
bw_repository() {
  bw_common=$(bg_git rev-parse --git-common-dir) || exit
  bw_common=$(cd -P -- "$bw_common" && printf '%s.' "$PWD") || exit
  bw_common=${bw_common%.}
  bw_main=$bw_common bw_bare=''
  case $bw_common in */.git) bw_main=${bw_common%/.git} ;; esac
  if [ "$(bg_git --git-dir="$bw_common" config --type=bool --get core.bare)" = true ]; then bw_bare=1; fi
  # A submodule, or a git directory that lies elsewhere.
  if [ -z "$bw_bare" ] && [ "$bw_main" = "$bw_common" ]; then
    bw_own=$(cd -P -- "$bw_common" && bg_git config --get core.worktree) &&
      bw_own=$(cd -P -- "$bw_common" && cd -P -- "$bw_own" && printf '%s.' "$PWD") && bw_main=${bw_own%.}
  fi
}

# bw_is_ours DIRECTORY: whether that is the top of a worktree of bw_common; 2 where it belongs to another repository.
bw_is_ours() {
  bw_other=$(cd -P -- "$1" 2>/dev/null && bg_git rev-parse --show-toplevel 2>/dev/null && printf .) || return 1
  bw_other=${bw_other%"$bg_nl."}
  [ "$bw_other" = "$1" ] || return 1
  bw_other=$(cd -P -- "$1" && cd -P -- "$(bg_git rev-parse --git-common-dir)" && printf '%s.' "$PWD") || return 1
  [ "$bw_other" = "$bw_common." ] || return 2
}

# bw_where BRANCH: prints the path of the worktree that has it; nothing where none has.
bw_where() {
  bw_records | while IFS= read -r bw_line; do
    case $bw_line in
      'worktree '*) bw_at=${bw_line#worktree } ;;
      "branch refs/heads/$1")
        bg_put "$bw_at"
        break
        ;;
    esac
  done | tr '\001' '\n'
}

# bw_half DIRECTORY: whether that worktree's checkout never came to an end: git locks it for as long as it goes on.
bw_half() {
  bw_lock=$(cd -P -- "$1" && cat "$(bg_git rev-parse --git-dir)/locked" 2>/dev/null) && [ "$bw_lock" = initializing ]
}

# bw_locked PATH: whether git holds that worktree, there or gone; bw_lock is why. A git before 2.31 doesn't tell.
bw_locked() {
  bw_record=$(bg_put "worktree $1." | tr '\n' '\001')
  bw_lock=$(
    bw_seen=''
    bw_records | while IFS= read -r bw_line; do
      case $bw_line in
        "${bw_record%.}") bw_seen=1 ;;
        'worktree '*) bw_seen='' ;;
        locked | 'locked '*) [ -z "$bw_seen" ] || bg_put "$bw_line" ;;
      esac
    done
  )
  [ -n "$bw_lock" ] || return 1
  bw_lock=${bw_lock#locked}
  bw_lock=${bw_lock# }
}

# bw_nested DIRECTORY: prints the path of a worktree that lies below it, or of the repository itself.
bw_nested() {
  {
    bw_records | sed -n 's/^worktree //p'
    bg_put "$bw_common" | tr '\n' '\001'
    echo
  } | while IFS= read -r bw_line; do
    bw_whole "$bw_line"
    if [ ! -d "$bw_whole" ] || ! bw_real "$bw_whole"; then continue; fi
    case $bw_real in
      "$1"/?*)
        bg_put "$bw_real"
        break
        ;;
    esac
  done
}

# bw_hidden: prints which files differ, where we are, from what is staged although git was told not to look at them: a line each.
bw_hidden() {
  bg_beside || return
  bg_text=$bg_dir/baton-text.$$
  bg_git ls-files -v -z | tr '\n\000' '\001\n' | LC_ALL=C sed -n 's/^[a-zS] //p' | while IFS= read -r bw_line; do
    bw_whole "./$bw_line"
    # A sparse checkout has most of them nowhere.
    if [ -e "$bw_whole" ] || [ -L "$bw_whole" ]; then printf '%s\0' "$bw_whole"; fi
  done >"$bg_text"
  [ -s "$bg_text" ] || return 0
  cp -p "$bg_dir/index" "$bg_dir/baton-index.$$" || return
  GIT_INDEX_FILE=$bg_dir/baton-index.$$
  export GIT_INDEX_FILE
  for bw_flag in --no-assume-unchanged --no-skip-worktree; do
    bg_git update-index "$bw_flag" -z --stdin <"$bg_text" || return
  done
  bg_git -c core.quotePath=true diff --name-only
}

# bw_porcelain: the worktrees as git lists them, each line ended by a NUL.
bw_porcelain() {
  bg_git worktree list --porcelain -z 2>/dev/null || bg_git worktree list --porcelain | tr '\n' '\0'
}

# bw_records: the same as lines, for a shell to read: a newline in a path is the byte 1.
bw_records() {
  bw_porcelain | tr '\n\000' '\001\n'
}

# bw_whole TEXT: sets bw_whole to what a line of these meant.
bw_whole() {
  bw_whole=$1
  case $1 in
    *"$bw_byte"*)
      bw_whole=$(bg_put "$1." | tr '\001' '\n')
      bw_whole=${bw_whole%.}
      ;;
  esac
}

# bw_knows PATH: whether git knows a worktree by that path, there or gone.
bw_knows() {
  bw_record=$(bg_put "worktree $1." | tr '\n' '\001')
  bw_records | grep -Fxq -e "${bw_record%.}"
}

# bw_changes PATH: prints how many files differ there from its commit, behind its path; `gone` where that isn't there, and nothing
# where git can't tell.
bw_changes() {
  [ -d "$1" ] || {
    printf 'c %s\0gone\0' "$1"
    return 0
  }
  bw_count=$(cd -- "$1" 2>/dev/null && bw_lines --untracked-files=all 2>/dev/null) || return 0
  printf 'c %s\0%s\0' "$1" "$bw_count"
}

# bw_lines WORD…: prints how many lines git's short status has; fails where it isn't whole.
bw_lines() {
  bw_said=$({ bg_git status --porcelain "$@" && echo 'whole'; } | sed -n -e '$!d' -e '/^whole$/=')
  [ -n "$bw_said" ] && bg_put "$((bw_said - 1))"
}

# bw_list DIRECTORY…: the worktrees, how many files differ in each, the top of the one that we are in, and where the
# directories really are, by their numbers from 0.
bw_list() {
  bg_git rev-parse --git-dir >/dev/null || exit
  printf 'l\0'
  bw_porcelain
  printf 'e\0'
  if bw_top=$(bg_git rev-parse --show-toplevel 2>/dev/null); then printf 't %s\0' "$bw_top"; fi
  bw_number=0
  for bw_one in "$@"; do
    bw_sessions "$bw_one"
    bw_number=$((bw_number + 1))
  done
  # A few at a time: each reads all files.
  bw_jobs=0
  bw_records | {
    while IFS= read -r bw_line; do
      case $bw_line in 'worktree '*) ;; *) continue ;; esac
      bw_whole "${bw_line#worktree }"
      bw_changes "$bw_whole" &
      bw_jobs=$(((bw_jobs + 1) % 4))
      [ "$bw_jobs" -ne 0 ] || wait
    done
    wait
  }
  # What the last one said of itself is told already.
  return 0
}

# bw_sessions DIRECTORY: prints where it really is; a relative one begins at home.
bw_sessions() {
  bw_absolute "$1" "$HOME"
  bw_at=$(cd -P -- "$bw_path" 2>/dev/null && printf '%s.' "$PWD") || return 0
  printf 's %s %s\0' "$bw_number" "${bw_at%.}"
}

# bw_refuse WHY TEXT: ends a call for a reason that the reader has words for.
bw_refuse() {
  printf 'why %s\0what %s\0' "$1" "$2"
  exit 90
}

# bw_setting_up: whether the worktree whose git directory is bw_dir is being set up.
bw_setting_up() {
  bw_now=$(cat "$bw_dir/baton-set-up-now" 2>/dev/null) || return 1
  # After a restart another process may have that number.
  { read -r bw_boot <"${bw_now#* }/start" && read -r bw_line </proc/sys/kernel/random/boot_id; } 2>/dev/null &&
    [ "$bw_boot" != "$bw_line" ] && return 1
  kill -0 "${bw_now%% *}" 2>/dev/null && [ -d "${bw_now#* }" ] && [ ! -e "${bw_now#* }/exit" ]
}

# bw_remove PATH FORCE DIRECTORY…: removes a worktree that is named by its path or its branch. It isn't removed while
# something works in one of the directories; with FORCE its changes go, too.
bw_remove() {
  bw_repository
  bw_from=$PWD bw_named=$1 bw_force=$2 bw_killed=''
  shift 2
  bw_absolute "$bw_named" "$bw_from"
  if [ -d "$bw_path" ] && bw_real "$bw_path" && bw_is_ours "$bw_real"; then
    bw_it=$bw_real
  else
    bw_it=$(bw_where "${bw_named#refs/heads/}" && printf .)
    bw_it=${bw_it%.}
    # One whose directory is gone is still known by its path.
    if [ -z "$bw_it" ] && bw_real "$bw_path" && bw_knows "$bw_real"; then bw_it=$bw_real; fi
    [ -n "$bw_it" ] || bw_refuse unknown "$bw_named"
  fi
  case $bw_it in "$bw_main" | "$bw_common") bw_refuse main "$bw_it" ;; esac
  if bw_real "$bw_it"; then bw_at=$bw_real; else bw_at=$bw_it; fi
  if [ -d "$bw_at" ]; then
    bw_dir=$(cd -P -- "$bw_at" && cd -P -- "$(bg_git rev-parse --git-dir)" && printf '%s.' "$PWD") || exit
    bw_dir=${bw_dir%.}
    if bw_half "$bw_at"; then
      [ -n "$bw_force" ] || bw_refuse half "$bw_it"
      bw_killed=1
    elif [ -f "$bw_dir/locked" ]; then
      bw_refuse locked "$bw_lock"
    fi
    ! bw_setting_up || bw_refuse setting_up "$bw_it"
    bw_inner=$(bw_nested "$bw_at" && printf .)
    bw_inner=${bw_inner%.}
    [ -z "$bw_inner" ] || bw_refuse nested "$bw_inner"
  elif bw_locked "$bw_it"; then
    # It may lie on a disk that isn't here just now.
    if [ "$bw_lock" != initializing ] || [ -z "$bw_force" ]; then bw_refuse locked "$bw_lock"; fi
    bw_killed=1
  fi
  bw_number=0
  for bw_one in "$@"; do
    bw_absolute "$bw_one" "$HOME"
    if bw_real "$bw_path"; then
      case $bw_real/ in "$bw_at"/*) bw_refuse busy "$bw_number" ;; esac
    fi
    bw_number=$((bw_number + 1))
  done
  if [ -d "$bw_at" ] && [ -z "$bw_force" ]; then
    bw_lost=$(cd -P -- "$bw_at" && bw_lines --untracked-files=all) || exit
    # There may be a hundred thousand of them: the first ones are told.
    [ "$bw_lost" -eq 0 ] || bw_refuse dirty "$bw_lost$bg_nl$(
      cd -P -- "$bw_at" || exit
      bg_git -c core.quotePath=true status --porcelain --untracked-files=all | head -n 6
      bg_git -c core.quotePath=true status --porcelain --ignored | sed -n '/^!! /p' | head -n 6
    )"
    bw_lost=$(cd -P -- "$bw_at" && bw_hidden) || exit
    [ -z "$bw_lost" ] || bw_refuse hidden "$bw_lost"
    for bw_one in rebase-merge rebase-apply sequencer MERGE_HEAD CHERRY_PICK_HEAD REVERT_HEAD BISECT_LOG; do
      [ ! -e "$bw_dir/$bw_one" ] || bw_refuse unfinished "$bw_one"
    done
    if ! (cd -P -- "$bw_at" && bg_git symbolic-ref -q HEAD >/dev/null); then
      bw_head=$(cd -P -- "$bw_at" && bg_git rev-parse HEAD) || exit
      [ -n "$(bg_git for-each-ref --count=1 --contains "$bw_head" refs/heads refs/tags refs/remotes)" ] ||
        bw_refuse detached "$bw_head"
    fi
  fi
  # Not from within.
  cd -P -- "$bw_common" || exit
  # Twice for one that git locked itself, and was killed.
  bg_hooked worktree remove ${bw_force:+--force} ${bw_killed:+--force} -- "$bw_it"
}

# bw_prune DRY: forgets worktrees whose directories are gone: the worktrees before and after.
bw_prune() {
  bg_git rev-parse --git-dir >/dev/null || exit
  printf 'l\0'
  bw_porcelain
  printf 'e\0'
  # In git's own order: what it would forget is what it forgets.
  bw_said=$(bg_git worktree prune --dry-run --verbose 2>&1) || {
    bg_put "$bw_said" >&2
    exit 1
  }
  printf '%s\0' "p $bw_said"
  [ -n "$1" ] || bg_git worktree prune || exit
  printf 'l\0'
  bw_porcelain
  printf 'e\0'
}
