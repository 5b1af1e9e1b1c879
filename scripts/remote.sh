# shellcheck shell=sh
# A remote machine of a script's own: a private sshd on loopback, with a home directory and agents. Sourced behind lib.sh.
#
#   take_place NAME     $place, a temporary directory that goes with the script, with every process of it
#   remote_machine DIR  the machine, in $place/remote, on $port, and $place/here/ssh_config that reaches it; DIR is where cargo builds
#   cut_link            the machine drops its connections, and is away for a moment

# ours: the processes with our directory in their arguments or environment: sshd, masters, what runs there.
ours() {
  for process in /proc/[0-9]*; do
    # One that has ended in between, or is another account's, says nothing.
    case $(cat "$process/cmdline" "$process/environ" 2>/dev/null | tr '\0' ' ') in
      *"$place"*) printf '%s ' "${process#/proc/}" ;;
    esac
  done
}

clean_up() {
  trap '' INT TERM HUP
  for signal in TERM KILL; do
    left=
    tries=0
    while left=$(ours) && [ -n "$left" ] && [ "$tries" -lt 40 ]; do
      for pid in $left; do kill -s "$signal" "$pid" 2>/dev/null || :; done
      tries=$((tries + 1))
      sleep 0.05
    done
  done
  rm -rf "$place"
}

take_place() {
  place=$(mktemp -d "${TMPDIR:-/tmp}/$1.XXXXXX")
  trap clean_up EXIT
  trap 'exit 129' HUP
  trap 'exit 130' INT
  trap 'exit 143' TERM
}

# start_sshd: starts the sshd at $port, and waits until it listens.
start_sshd() {
  : >"$place/remote/sshd.log"
  "$(command -v sshd)" -D -e -f "$place/remote/sshd_config" -p "$port" 2>>"$place/remote/sshd.log" &
  sshd=$!
  while kill -0 "$sshd" 2>/dev/null && ! grep -q 'Server listening' "$place/remote/sshd.log"; do sleep 0.02; done
  kill -0 "$sshd" 2>/dev/null
}

# cut_link: takes the sshd down with all its connections, and puts it up again 1.5 s later.
cut_link() {
  for process in $(ps -o pid= --ppid "$sshd") "$sshd"; do kill -s KILL "$process" 2>/dev/null || :; done
  sleep 1.5
  start_sshd
}

# remote_machine DIR: starts the sshd, sets $port, and writes the ssh config that reaches it. What the agent does in each turn
# is the script's to write, into $place/remote/turn.
remote_machine() {
  mkdir -p "$place/remote/bin" "$place/here"
  ssh-keygen -q -t ed25519 -N '' -C demo -f "$place/remote/host_key"
  ssh-keygen -q -t ed25519 -N '' -C demo -f "$place/here/id_ed25519"
  cp "$place/here/id_ed25519.pub" "$place/remote/authorized_keys"
  # The agent's CLI, where a person's would be: on the PATH that the login profile sets.
  cp "$1/scripted-agent" "$place/remote/bin/scripted-agent"
  # The same one as codex: it takes codex's options and speaks its format, and does what a file says.
  ln -s scripted-agent "$place/remote/bin/codex"
  # It is expanded there.
  # shellcheck disable=SC2016
  printf 'PATH="$HOME/bin:$PATH"\nexport SCRIPTED_AGENT_SCRIPT="$HOME/turn"\n' >"$place/remote/.profile"

  # An account without a password is locked for an sshd without PAM, keys or not.
  pam=no
  case $(getent shadow "$(id -un)" 2>/dev/null | cut -d: -f2) in '!'*) pam=yes ;; esac
  cat >"$place/remote/sshd_config" <<EOF
ListenAddress 127.0.0.1
HostKey $place/remote/host_key
AuthorizedKeysFile $place/remote/authorized_keys
PidFile none
StrictModes no
UsePAM $pam
PermitRootLogin yes
PasswordAuthentication no
KbdInteractiveAuthentication no
Subsystem sftp internal-sftp
SetEnv HOME=$place/remote SHELL=/bin/sh
EOF
  # sshd wants it to be there. It is the package's own, and other servers use it: it stays.
  [ "$(id -u)" != 0 ] || mkdir -p /run/sshd

  for _ in 1 2 3 4 5 6 7 8 9 10; do
    port=$(shuf -i 20000-59999 -n 1)
    if start_sshd; then break; fi
    sshd=
  done
  if [ -z "$sshd" ]; then
    cat "$place/remote/sshd.log" >&2
    fail 'the private sshd did not start' 'Its log stands above'
  fi

  cat >"$place/here/ssh_config" <<EOF
UserKnownHostsFile $place/here/known_hosts
GlobalKnownHostsFile none
IdentityAgent none
IdentitiesOnly yes
EOF
}
