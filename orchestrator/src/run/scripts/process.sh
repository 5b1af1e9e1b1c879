# shellcheck shell=sh
# shellcheck disable=SC2034,SC2154 # the others use these, and set b_d
# What the other scripts know of processes and of a run's files. Names begin with b_, so that no program's
# environment is changed by them.

# mksh (59c) copies a descriptor that `exec` closes, and keeps the copy where its number is 10: it would hold `end`
# for ever. So 10 is taken.
exec 9</dev/null
exec 9<&-

# b_put TEXT and b_put_bare TEXT: print it, with and without the end of a line. printf is a program of its own in some
# shells (mksh, OpenBSD's), and everybody can read the words of a program; print is theirs.
case ${KSH_VERSION-} in
  ?*)
    # shellcheck disable=SC3061,SC2039,SC3025
    b_put() { print -r -- "$1"; }
    # shellcheck disable=SC3061,SC2039,SC3025
    b_put_bare() { print -rn -- "$1"; }
    ;;
  *)
    b_put() { printf '%s\n' "$1"; }
    b_put_bare() { printf '%s' "$1"; }
    ;;
esac

# b_boot: sets b_boot to what names this boot of the machine.
b_boot() {
  { IFS= read -r b_boot </proc/sys/kernel/random/boot_id; } 2>/dev/null && return
  b_boot=$(sysctl -n kern.bootsessionuuid 2>/dev/null || sysctl -n kern.boottime 2>/dev/null)
  : "${b_boot:=unknown}"
}

# b_born PID: sets b_born to when that process was started, b_group and b_session to what it belongs to. Fails
# when it is gone, or only waits to be reaped.
b_born() {
  b_born='' b_group='' b_session=''
  if [ -r /proc/self/stat ]; then
    { IFS= read -r b_stat <"/proc/$1/stat"; } 2>/dev/null || return 1
    # A process may call itself anything, but nothing behind the last parenthesis is its own choice: proc(5).
    # shellcheck disable=SC2086 # the fields are words
    set -- ${b_stat##*) }
    case ${1-} in '' | Z | X) return 1 ;; esac
    b_born=${20-} b_group=${3-} b_session=${4-}
  else
    b_born=$(LC_ALL=C TZ=UTC0 ps -o lstart= -p "$1" 2>/dev/null)
    b_group=$(ps -o pgid= -p "$1" 2>/dev/null | tr -d ' ')
  fi
  [ -n "$b_born" ]
}

# b_alive PREFIX: whether the process noted in PREFIXpid and PREFIXstart lives. Another one that was given its
# number since is not it. Sets b_pid, and b_kind to how it was parted from us.
b_alive() {
  b_pid='' b_kind=''
  { read -r b_pid b_kind <"${1}pid"; } 2>/dev/null
  [ -n "$b_pid" ] || return 1
  { { IFS= read -r b_then_boot && IFS= read -r b_then; } <"${1}start"; } 2>/dev/null || return 1
  b_boot
  [ "$b_then_boot" = "$b_boot" ] && b_born "$b_pid" && [ "$b_born" = "$b_then" ]
}

# b_note PREFIX KIND: notes the process that calls it, for b_alive. Over what was staged there: a full disk doesn't
# keep it from that.
b_note() {
  b_boot
  b_born "$$"
  printf '%s\n%s\n' "$b_boot" "$b_born" 1<>"${1}start" && printf '%s %s\n' "$$" "$2" 1<>"${1}pid"
}

# b_noted: whether the first process of the run in b_d has noted itself.
b_noted() {
  b_pid=''
  { read -r b_pid b_kind <"$b_d/pid"; } 2>/dev/null
  [ -n "$b_pid" ]
}

# b_over: whether the run in b_d has ended; sets b_status.
b_over() {
  b_status=''
  { read -r b_status <"$b_d/exit"; } 2>/dev/null
  [ -n "$b_status" ]
}

# b_going: whether anything of the run in b_d lives that will write its end, or is its program.
b_going() {
  b_alive "$b_d/runner." || b_alive "$b_d/"
}
