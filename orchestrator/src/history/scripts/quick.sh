# shellcheck shell=sh
# shellcheck disable=SC2034,SC2154 # a call sets the rest; enter.sh stands before this
# The usual cases in one process, where there is perl: to start a program is what costs most. Whatever is unusual is left
# to the scripts that come after this, with the file as it was.

# Appends B_TEXT: LOCK FILE END ID…. Leaves with 3 where that isn't plain and nothing was done, with 4 where the lock is
# held for too long. Files are opened by mode: the numbers of flags differ from system to system. Only with END, `INODE:SIZE`,
# the file is known; else an entry may be there already, if a link was cut while somebody waited here. It is brought to
# the disk by fsync(2), whose number is known where most are, else by dd as b_sync has it: a process takes 1.5 ms, and to
# load what perl itself has for that 3.
# shellcheck disable=SC2016 # perl's
b_perl_append='
$SIG{ALRM} = sub { exit 4 };
my ($lock, $name, $end, @ids) = @ARGV;
open(my $held, ">>", $lock) or exit 3;
alarm 10;
flock($held, 2) or exit 3;
alarm 0;
my $new = ! -e $name;
open(my $file, "+>>", $name) or exit 3;
binmode $file;
my @was = stat $file;
my $size = $was[7];
if ($size && "$was[1]:$size" ne $end) {
  my $part = $size < 1048576 ? $size : 1048576;
  my $last;
  defined sysseek($file, -$part, 2) && sysread($file, $last, $part) == $part or exit 3;
  $last =~ /\n\z/ or exit 3;
  for (@ids) { exit 3 if index($last, "\"id\":\"$_\"") >= 0 }
}
my $count = syswrite($file, $ENV{B_TEXT});
if (!defined $count || $count != length $ENV{B_TEXT}) {
  exit 5 if (stat $file)[7] != $size + ($count || 0);
  truncate($file, $size) or exit 5;
  unlink $name if $new;
  exit 3;
}
my $fsync = $^O ne "linux" ? 0 : "@INC" =~ /x86_64-linux/ ? 74 : "@INC" =~ /(aarch64|riscv64)-linux/ ? 82 : 0;
$fsync && syscall($fsync, fileno $file) == 0
  or system "dd", "if=/dev/null", "of=$name", "conv=notrunc,fsync";
my @now = stat $file;
print "ok 0 $size $count\n$now[1] - 1 0 0 $now[7] $name\n";
'

# Lists files and prints what is new: START MARK MOST KNOWN NAME…, as look.sh has it. A file that can't be listed and isn't
# gone (2 is ENOENT everywhere) leaves no answer.
# shellcheck disable=SC2016 # perl's
b_perl_look='
binmode STDOUT;
my ($start, $mark, $most, $known, @names) = @ARGV;
print $start;
my %known = map { /^(\d+:.*):(\d+)$/ ? ($1 => $2) : () } split / /, $known;
my @news;
for my $name (@names) {
  my @now = lstat $name;
  if (!@now) { next if $! + 0 == 2; exit 5 }
  my $kind = -l _ ? "l" : -d _ ? "d" : -f _ ? "-" : "s";
  print "$now[1] $kind 1 0 0 $now[7] $name\n";
  next if $kind ne "-";
  my $file;
  # Modes alone do not say it where there are access lists.
  if (!-r _ && !open($file, "<", $name)) {
    print "u $name\n";
    next;
  }
  my $at = $known{"$now[1]:$name"};
  next if !defined $at || $now[7] <= $at || $now[7] - $at > $most;
  $most -= $now[7] - $at;
  push @news, [$name, $at];
}
print $mark;
for (@news) {
  my ($name, $at) = @$_;
  print "$name $at\n";
  my ($bytes, $file);
  my $is_open = open($file, "<", $name);
  binmode $file if $is_open;
  print $bytes if $is_open && read $file, $bytes, 256;
  print $mark;
  if ($is_open) {
    seek $file, $at > 256 ? $at - 256 : 0, 0;
    print $bytes while read $file, $bytes, 65536;
  }
  print $mark;
}
'

# b_perl: whether there is one.
b_perl() {
  command -v perl >/dev/null 2>&1 || return 1
  unset PERL5OPT PERL5LIB PERL5DB PERL_UNICODE PERLIO
}

# b_quick (ID BYTES LINE)…: appends, answers and leaves. Comes back where nothing was done.
b_quick() {
  [ -z "$b_doubt" ] || return 0
  b_perl || return 0
  B_TEXT='' b_ids=''
  while [ $# -gt 0 ]; do
    # None is odd, but who knows.
    case $1 in '' | *[!0-9A-Za-z_-]*) return 0 ;; esac
    B_TEXT=$B_TEXT$3$b_nl b_ids="$b_ids $1"
    shift 3
  done
  b_plain ".$b_f.lock"
  export B_TEXT
  # shellcheck disable=SC2086 # words
  perl -e "$b_perl_append" ".$b_f.lock" "$b_f" "$b_k" $b_ids 2>/dev/null
  case $? in
    0) exit 0 ;;
    # One that can't start, such as a version manager's, has done nothing, either.
    3 | 126 | 127) unset B_TEXT ;;
    4) b_say locked ;;
    # Killed, perhaps when all was done: no answer is the answer.
    *) exit 1 ;;
  esac
}
