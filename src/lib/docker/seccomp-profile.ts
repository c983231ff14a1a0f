// Which system calls a contained program may make. A list of what is allowed: a call that the kernel learns tomorrow is refused until it stands here.
// Compared with the profile that engines bring along there is no io_uring (its operations pass this filter unseen), no AF_VSOCK or other rare address
// family, no ptrace, no second architecture (on x86-64, `int 0x80` would reach `socketcall`, whose arguments no filter sees).

interface ArgumentRule {
  readonly index: number
  readonly value: number
  readonly valueTwo?: number
  readonly op: 'SCMP_CMP_EQ' | 'SCMP_CMP_MASKED_EQ'
}

interface CallRule {
  readonly names: readonly string[]
  readonly action: 'SCMP_ACT_ALLOW' | 'SCMP_ACT_ERRNO'
  readonly args?: readonly ArgumentRule[]
  readonly errnoRet?: number
}

export interface SeccompOptions {
  /** Whether sockets with names in the file system, and their like, can be made. Pairs of connected ones always can. */
  readonly allowsUnixSockets: boolean
}

const allowed = `
  read write readv writev pread64 pwrite64 preadv pwritev preadv2 pwritev2 open openat openat2 creat close close_range lseek _llseek
  dup dup2 dup3 fcntl fcntl64 flock pipe pipe2 sendfile sendfile64 splice tee vmsplice copy_file_range ioctl
  stat stat64 lstat lstat64 fstat fstat64 newfstatat fstatat64 statx statfs statfs64 fstatfs fstatfs64 access faccessat faccessat2
  chdir fchdir getcwd mkdir mkdirat rmdir rename renameat renameat2 link linkat symlink symlinkat unlink unlinkat readlink readlinkat
  mknod mknodat chmod fchmod fchmodat fchmodat2 chown chown32 fchown fchown32 fchownat lchown lchown32 umask
  getdents getdents64 truncate truncate64 ftruncate ftruncate64 fallocate fsync fdatasync sync syncfs sync_file_range sync_file_range2
  fadvise64 fadvise64_64 arm_fadvise64_64 readahead cachestat utime utimes futimesat utimensat utimensat_time64
  getxattr lgetxattr fgetxattr listxattr llistxattr flistxattr setxattr lsetxattr fsetxattr removexattr lremovexattr fremovexattr
  inotify_init inotify_init1 inotify_add_watch inotify_rm_watch
  io_setup io_destroy io_submit io_cancel io_getevents io_pgetevents io_pgetevents_time64
  poll ppoll ppoll_time64 select _newselect pselect6 pselect6_time64
  epoll_create epoll_create1 epoll_ctl epoll_wait epoll_pwait epoll_pwait2 eventfd eventfd2 signalfd signalfd4
  timerfd_create timerfd_settime timerfd_settime64 timerfd_gettime timerfd_gettime64

  accept accept4 bind connect listen shutdown getsockname getpeername getsockopt setsockopt
  send sendto sendmsg sendmmsg recv recvfrom recvmsg recvmmsg recvmmsg_time64

  brk mmap mmap2 munmap mremap mprotect madvise mincore msync mlock mlock2 mlockall munlock munlockall memfd_create mseal membarrier
  pkey_alloc pkey_free pkey_mprotect map_shadow_stack
  shmget shmat shmdt shmctl semget semop semtimedop semtimedop_time64 semctl msgget msgsnd msgrcv msgctl

  execve execveat exit exit_group fork vfork wait4 waitid waitpid getpid getppid gettid getpgid getpgrp setpgid getsid setsid
  kill tkill tgkill pidfd_open pidfd_send_signal set_tid_address set_robust_list get_robust_list
  futex futex_time64 futex_waitv futex_wait futex_wake futex_requeue rseq restart_syscall sched_yield
  sched_getaffinity sched_setaffinity sched_getparam sched_setparam sched_getscheduler sched_setscheduler sched_getattr sched_setattr
  sched_get_priority_min sched_get_priority_max sched_rr_get_interval sched_rr_get_interval_time64 getpriority setpriority ioprio_get ioprio_set
  getrlimit ugetrlimit setrlimit prlimit64 getrusage times getcpu sysinfo uname prctl arch_prctl set_thread_area get_thread_area set_tls
  cacheflush breakpoint riscv_flush_icache riscv_hwprobe swapcontext
  rt_sigaction rt_sigprocmask rt_sigpending rt_sigsuspend rt_sigreturn rt_sigtimedwait rt_sigtimedwait_time64 rt_sigqueueinfo rt_tgsigqueueinfo
  sigaltstack sigprocmask sigreturn pause alarm getitimer setitimer
  timer_create timer_delete timer_getoverrun timer_gettime timer_gettime64 timer_settime timer_settime64
  time gettimeofday clock_gettime clock_gettime64 clock_getres clock_getres_time64 clock_nanosleep clock_nanosleep_time64 nanosleep getrandom

  getuid getuid32 geteuid geteuid32 getgid getgid32 getegid getegid32 getresuid getresuid32 getresgid getresgid32 getgroups getgroups32
  setuid setuid32 setgid setgid32 setreuid setreuid32 setregid setregid32 setresuid setresuid32 setresgid setresgid32 setgroups setgroups32
  setfsuid setfsuid32 setfsgid setfsgid32 capget capset
  seccomp landlock_create_ruleset landlock_add_rule landlock_restrict_self
`

/** CLONE_NEWNS, NEWCGROUP, NEWUTS, NEWIPC, NEWUSER, NEWPID and NEWNET. */
const newNamespaces = 0x7e020000
const noSuchCall = 38
/** Of uname(2) in the ways that are harmless, of 32-bit addresses, and the question which one is set. */
const personalities = [0, 0x0008, 0x20000, 0x20008, 0xffffffff]

const family = {unix: 1, inet: 2, inet6: 10, netlink: 16}
const type = {stream: 1, datagram: 2}
/** The rest of the type are flags: close on exec, do not block. */
const typeMask = 0xf
const protocol = {any: 0, tcp: 6, udp: 17, route: 0}

const profiles = new Map<boolean, string>()

/** As `HostConfig.SecurityOpt` takes it behind `seccomp=`. What is not allowed fails with EPERM. */
export function seccompProfile({allowsUnixSockets}: SeccompOptions): string {
  let profile = profiles.get(allowsUnixSockets)
  if (profile === undefined) {
    // No architectures: the engine adds its own and no other.
    profile = JSON.stringify({defaultAction: 'SCMP_ACT_ERRNO', syscalls: callRules(allowsUnixSockets)})
    profiles.set(allowsUnixSockets, profile)
  }
  return profile
}

function callRules(allowsUnixSockets: boolean): CallRule[] {
  return [
    allow(allowed.trim().split(/\s+/)),
    // A comparison for equality also refuses what only looks alike when the kernel cuts off its upper half.
    ...personalities.map((value) => allow(['personality'], equals(0, value))),
    allow(['clone'], {index: process.arch === 's390x' ? 1 : 0, value: newNamespaces, valueTwo: 0, op: 'SCMP_CMP_MASKED_EQ'}),
    // Its flags are in memory, where no filter looks. Told so, libraries use clone.
    {names: ['clone3'], action: 'SCMP_ACT_ERRNO', errnoRet: noSuchCall},
    allow(['socketpair'], equals(0, family.unix)),
    ...(allowsUnixSockets ? [allow(['socket'], equals(0, family.unix))] : []),
    ...[family.inet, family.inet6].flatMap((each) => [
      ...[protocol.any, protocol.tcp].map((number) => socket(each, type.stream, number)),
      ...[protocol.any, protocol.udp].map((number) => socket(each, type.datagram, number)),
    ]),
    // Lists of interfaces and addresses come this way.
    allow(['socket'], equals(0, family.netlink), equals(2, protocol.route)),
  ]
}

function allow(names: readonly string[], ...args: readonly ArgumentRule[]): CallRule {
  return {names, action: 'SCMP_ACT_ALLOW', ...(args.length > 0 && {args})}
}

function equals(index: number, value: number): ArgumentRule {
  return {index, value, op: 'SCMP_CMP_EQ'}
}

function socket(domain: number, kind: number, number: number): CallRule {
  return allow(['socket'], equals(0, domain), {index: 1, value: typeMask, valueTwo: kind, op: 'SCMP_CMP_MASKED_EQ'}, equals(2, number))
}
