# shellcheck shell=sh
# shellcheck disable=SC2034 # launch.sh and follow.sh use these
# What this machine has, looked up while the words are still on their way: a channel that is ready for the next launch
# has it all known by then.

# b_kind: what parts a run from us.
b_kind=none
for b_tool in setsid perl python3 python; do
  if command -v "$b_tool" >/dev/null 2>&1; then
    b_kind=$b_tool
    break
  fi
done
# b_often: where the system has no more watches to give, GNU's tail looks by itself, once a second unless told.
b_often=''
tail -s 0.1 -c +1 /dev/null </dev/null >/dev/null 2>&1 && b_often='-s 0.1'
