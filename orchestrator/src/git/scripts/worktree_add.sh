# shellcheck shell=sh
# shellcheck disable=SC2154 # enter.sh, network.sh and worktree.sh stand before this
# A worktree that is made in a run of its own.

# bw_filled TEMPLATE BRANCH: sets bw_path to the template with the repository's name and the branch's in it.
bw_filled() {
  bw_left=$1 bw_path=''
  bw_repo=${bw_main##*/}
  bw_repo=${bw_repo%.git}
  bw_flat=$(printf '%s' "$2" | tr / -)
  while [ -n "$bw_left" ]; do
    case $bw_left in
      '{repo}'*) bw_path=$bw_path$bw_repo bw_left=${bw_left#'{repo}'} ;;
      '{branch}'*) bw_path=$bw_path$bw_flat bw_left=${bw_left#'{branch}'} ;;
      *)
        bw_path=$bw_path${bw_left%"${bw_left#?}"}
        bw_left=${bw_left#?}
        ;;
    esac
  done
}

# bw_place: looks at what is at bw_real already. Leaves with what stands in the way; bw_there is 1 where the worktree is there.
bw_place() {
  bw_there=''
  if [ -d "$bw_real" ]; then
    bw_is_ours "$bw_real"
    case $? in
      0)
        [ "$bw_real" != "$bw_main" ] || bn_stop is_main "$bw_real"
        ! bw_half "$bw_real" || bn_stop half "$bw_real"
        bw_there=1
        return 0
        ;;
      2) bn_stop other_repository "$bw_real" ;;
    esac
  fi
  case $bw_real/ in "$bw_common"/*) bn_stop inside "$bw_common" ;; esac
  if [ -z "$bw_bare" ]; then
    case $bw_real/ in "$bw_main"/*) bn_stop inside "$bw_main" ;; esac
  fi
  # Inside of another worktree it would be a change there.
  bw_in=$(bw_records | while IFS= read -r bw_line; do
    case $bw_line in 'worktree '*) ;; *) continue ;; esac
    bw_whole "${bw_line#worktree }"
    if [ -n "$bw_bare" ] && [ "$bw_whole" = "$bw_main" ]; then continue; fi
    case $bw_real/ in "$bw_whole"/*) bg_put "$bw_whole" ;; esac
  done)
  [ "$bw_in" != "$bw_real" ] || bn_stop gone "$bw_real"
  [ -z "$bw_in" ] || bn_stop inside "$bw_in"
  bw_outside
  [ -d "$bw_real" ] || return 0
  bw_any=$(ls -A -- "$bw_real") || bn_stop denied "$bw_real"
  [ -z "$bw_any" ] || bn_stop not_empty "$bw_real"
}

# bw_outside: leaves where bw_real would be a change in another repository. It is none where that one ignores it or looks for no new
# files, and nothing new where it has the repository itself below it in the same way.
bw_outside() {
  bw_up=$bw_real
  while [ ! -d "$bw_up" ]; do
    bw_up=${bw_up%/*}
    [ -n "$bw_up" ] || bw_up=/
  done
  bw_outer=$(cd -P -- "$bw_up" && bg_git rev-parse --show-toplevel 2>/dev/null && printf .) || return 0
  bw_outer=${bw_outer%"$bg_nl."}
  cd -P -- "$bw_outer" || bn_stop denied "$bw_outer"
  bw_seen=''
  bg_git check-ignore -q -- "$bw_real/" || [ "$(bg_git config --get status.showUntrackedFiles)" = no ] || bw_seen=1
  cd -P -- "$bw_from" || exit
  [ -n "$bw_seen" ] || return 0
  case $bw_main/ in
    "$bw_outer"/*) [ -n "$(bg_git rev-parse --show-superproject-working-tree)" ] || return 0 ;;
  esac
  bn_stop inside_other "$bw_outer"
}

# bw_here DIRECTORY: sets bw_here to the branch that is checked out there; to nothing where none is. git's own short names are
# longer where a tag is called so, too.
bw_here() {
  bw_here=$(cd -P -- "$1" && bg_git symbolic-ref -q HEAD)
  bw_here=${bw_here#refs/heads/}
}

# bw_has REF: whether that very ref is there.
bw_has() {
  bg_git show-ref --verify --quiet -- "$1"
}

# bw_base NAME: sets bw_start to the branch or commit of that name, a branch before a tag, and bw_short to what it is called.
bw_base() {
  bw_short=$1
  if [ -z "$1" ]; then
    bw_here .
    bw_short=$bw_here
    bw_start=HEAD
  elif bw_has "refs/heads/$1"; then
    bw_start=refs/heads/$1
  elif bw_has "refs/remotes/$1"; then
    bw_start=refs/remotes/$1
  else
    bw_start=$1
  fi
  bw_start=$(bg_oid "$bw_start") || {
    [ -n "$1" ] || bn_stop no_commit
    bn_stop no_base "$1"
  }
}

# bw_from_remote BRANCH: sets bw_ref to the remote's branch that is meant, and bw_branch to what it is called here.
bw_from_remote() {
  bw_ref='' bw_found=0
  for bw_one in $(bg_git remote); do
    case $1 in
      "$bw_one"/*)
        if bw_has "refs/remotes/$1"; then
          bw_ref=refs/remotes/$1 bw_branch=${1#"$bw_one"/}
          return 0
        fi
        ;;
    esac
    if bw_has "refs/remotes/$bw_one/$1"; then
      bw_found=$((bw_found + 1)) bw_ref=refs/remotes/$bw_one/$1
    fi
  done
  [ "$bw_found" -eq 1 ] || bw_ref=''
  [ -n "$bw_ref" ]
}

# bw_make BRANCH BASE: makes it at bw_real.
bw_make() {
  bw_branch=$1 bw_ref=''
  if ! bw_has "refs/heads/$1"; then
    # A base says that the branch is to be new; the name of a remote's branch says that it isn't.
    if bw_from_remote "$1" && { [ -z "$2" ] || [ "$bw_ref" = "refs/remotes/$1" ]; }; then
      bw_has "refs/heads/$bw_branch" && bw_ref=''
    else
      bw_ref='' bw_branch=$1
    fi
  fi
  bn_tell branch "$bw_branch"
  if bw_has "refs/heads/$bw_branch"; then
    bw_used=$(bw_where "$bw_branch")
    [ -z "$bw_used" ] || bn_stop used "$bw_used"
    [ -z "$2" ] || bn_tell base_unused "$2"
    bw_here .
    bw_short=${2:-$bw_here}
    bn_tell made checkout
    bn_git worktree add -- "$bw_real" "$bw_branch"
  elif [ -n "$bw_ref" ]; then
    bn_tell made "${bw_ref#refs/remotes/}"
    bw_short=${bw_ref#refs/remotes/}
    bw_with_new --track "$bw_ref"
  else
    bw_base "$2"
    if bw_has "refs/heads/$bw_short"; then bw_trusted=refs/heads/$bw_short; fi
    bn_tell made new
    bw_with_new --no-track "$bw_start"
  fi
}

# bw_with_new TRACK START: makes the branch bw_branch at START, and its worktree at bw_real. Where that can't be made, the branch goes
# again, unless somebody uses it meanwhile; git would leave it.
bw_with_new() {
  bn_git branch -q "$1" -- "$bw_branch" "$2" || return
  bn_git worktree add -- "$bw_real" "$bw_branch" && return
  set -- "$?" "$2"
  if [ -d "$bw_real" ] || [ -n "$(bw_where "$bw_branch")" ]; then return "$1"; fi
  if bg_git update-ref -d "refs/heads/$bw_branch" "$(bg_oid "$2")"; then
    bg_git config --remove-section "branch.$bw_branch" 2>/dev/null
  fi
  return "$1"
}

# bw_add BRANCH BASE PATH TEMPLATE HOW LINE SECONDS: makes a worktree and sets it up: HOW is `line` for LINE, `own` for what the
# repository brings, or nothing.
bw_add() {
  bw_from=$PWD bw_trusted=''
  bw_repository
  case $1 in -*) bn_stop bad_name "$1" ;; esac
  bg_git check-ref-format "refs/heads/$1" || bn_stop bad_name "$1"
  if [ -n "$3" ]; then
    bw_absolute "$3" "$PWD"
  else
    bw_filled "$4" "$1"
    bw_absolute "$bw_path" "$bw_main"
  fi
  bw_real "$bw_path" || bn_stop "path_$bw_why" "$bw_path"
  bw_place
  bn_tell path "$bw_real"
  if [ -n "$bw_there" ]; then
    bn_tell there 1
    bw_here "$bw_real"
    bw_wanted=$1
    bw_has "refs/heads/$1" || ! bw_from_remote "$1" || bw_wanted=$bw_branch
    bn_tell branch "$bw_wanted"
    [ "$bw_here" = "$bw_wanted" ] || {
      bn_tell mismatch "$bw_here"
      return 0
    }
    bw_noted
    if [ -f "$bw_note" ]; then
      bn_tell unfinished 1
      # What was begun as the repository's own may have been mended here since.
      bw_trusted=$(cat "$bw_note-own" 2>/dev/null)
      bw_branch=$bw_wanted bw_short=$(cat "$bw_note")
      bw_set_up "$5" "$6" "$7"
    fi
    return 0
  fi
  bw_make "$1" "$2" || {
    bw_left=$?
    # git takes back what it can't check out, unless it is killed; what is whole all the same has only failed in a hook behind it.
    if [ -d "$bw_real" ] && bw_is_ours "$bw_real" && bw_half "$bw_real"; then bn_stop half "$bw_real"; fi
    [ -d "$bw_real" ] && bw_is_ours "$bw_real" && bw_here "$bw_real" && [ "$bw_here" = "$bw_branch" ] || return "$bw_left"
    bn_tell hook "$bw_left"
  }
  # From here on it is there, whatever becomes of its set-up.
  bn_tell is_made 1
  bw_set_up "$5" "$6" "$7"
}

# bw_noted: sets bw_note to the file that is there until the set-up of the worktree has come to a good end. It goes with the worktree.
bw_noted() {
  bw_note=$(cd -P -- "$bw_real" && bg_git rev-parse --git-dir)/baton-set-up
}

# bw_is_own: whether the set-up at bw_real is what the repository's own directory has, or a branch of ours: that one's, the one that
# a new branch begins at, or the one that others are based on. A stranger's branch may bring anything.
bw_is_own() {
  bw_file=.baton/worktree-setup
  if [ -z "$bw_bare" ] && cmp -s "$bw_real/$bw_file" "$bw_main/$bw_file"; then return 0; fi
  bw_id=$(cd -P -- "$bw_real" && bg_git hash-object --path="$bw_file" "$bw_file") || return 1
  bg_default
  for bw_one in HEAD "$bg_base" "$bw_trusted"; do
    bw_other=$(bg_git --git-dir="$bw_common" rev-parse -q --verify "$bw_one:$bw_file" 2>/dev/null)
    if [ -n "$bw_one" ] && [ "$bw_other" = "$bw_id" ]; then return 0; fi
  done
  return 1
}

# bw_set_up HOW LINE SECONDS: sets the worktree up. What takes longer is ended with all that it has started.
bw_set_up() {
  case $1 in
    line) bw_line=$2 ;;
    own)
      if [ ! -f "$bw_real/.baton/worktree-setup" ]; then return 0; fi
      if [ ! -x "$bw_real/.baton/worktree-setup" ]; then
        bn_tell not_executable 1
        return 0
      fi
      if [ "$bw_trusted" != begun ] && ! bw_is_own; then
        bn_tell strange 1
        return 0
      fi
      bw_line=./.baton/worktree-setup
      ;;
    *) return 0 ;;
  esac
  bn_tell setting_up "$bw_line"
  bw_noted
  {
    printf '%s' "$bw_short" >"$bw_note"
    # Who is at it, for who would remove the worktree meanwhile.
    printf '%s %s' "$$" "${0%/*}" >"$bw_note-now"
    [ "$1" != own ] || printf begun >"$bw_note-own"
  } 2>/dev/null
  BATON_WORKTREE_PATH=$bw_real BATON_WORKTREE_BRANCH=$bw_branch BATON_MAIN_REPO_PATH=$bw_main BATON_BASE_BRANCH=$bw_short
  export BATON_WORKTREE_PATH BATON_WORKTREE_BRANCH BATON_MAIN_REPO_PATH BATON_BASE_BRANCH
  # A shell can't wait for the first of two: the nap is waited for, and the set-up's end ends it.
  sleep "$3" >/dev/null 3>&- &
  bw_nap=$!
  (
    (bw_run "$bw_line") 3>&-
    printf '%s' "$?" >"${0%/*}/set_up"
    kill -KILL "$bw_nap"
  ) &
  # What a shell says of a nap that was ended is nobody's business.
  if { wait "$bw_nap"; } 2>/dev/null; then
    # The reader knows all there is; what follows ends us, too. We are in a process group with the set-up and nobody else.
    bn_tell set_up late
    trap '' TERM
    kill -TERM 0
    sleep 3
    kill -KILL 0
  fi
  bw_status=$(cat "${0%/*}/set_up")
  rm -f "$bw_note-now"
  [ "$bw_status" != 0 ] || rm -f "$bw_note" "$bw_note-own"
  [ -d "$bw_real" ] || bn_tell vanished 1
  bn_tell set_up "$bw_status"
  return 0
}

# bw_run LINE: the account's shell runs the line in the worktree. csh has no -lc.
bw_run() {
  cd -P -- "$bw_real" || exit
  unset GIT_TERMINAL_PROMPT GIT_ASKPASS SSH_ASKPASS SSH_ASKPASS_REQUIRE GCM_INTERACTIVE
  unset GIT_EDITOR GIT_SEQUENCE_EDITOR GIT_MERGE_AUTOEDIT GIT_PAGER
  case ${SHELL:=/bin/sh} in
    *csh) exec "$SHELL" -c "$1" ;;
    *) exec "$SHELL" -lc "$1" ;;
  esac
}
