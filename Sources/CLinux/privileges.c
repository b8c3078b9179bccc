#include "include/privileges.h"

#include <errno.h>
#include <sched.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <linux/audit.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/keyctl.h>
#include <linux/seccomp.h>

static int result(long value) { return value < 0 ? -errno : (int)value; }

static int capabilities_get(struct __user_cap_data_struct data[2]) {
  struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
  return result(syscall(SYS_capget, &header, data));
}

static int capabilities_put(const struct __user_cap_data_struct data[2]) {
  struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
  return result(syscall(SYS_capset, &header, data));
}

int clinux_capabilities_make_ambient(void) {
  struct __user_cap_data_struct data[2];
  int code = capabilities_get(data);
  if (code < 0) return code;
  for (int half = 0; half < 2; half++) data[half].inheritable = data[half].permitted;
  if ((code = capabilities_put(data)) < 0) return code;
  for (int capability = 0; capability < 64; capability++) {
    if (!(data[capability / 32].permitted >> (capability % 32) & 1)) continue;
    if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, capability, 0, 0) < 0) return -errno;
  }
  return 0;
}

int clinux_capabilities_bound(uint64_t kept) {
  for (int capability = 0; capability < 64; capability++) {
    if (kept >> capability & 1) continue;
    if (prctl(PR_CAPBSET_READ, capability, 0, 0, 0) != 1) continue;
    if (prctl(PR_CAPBSET_DROP, capability, 0, 0, 0) < 0) return -errno;
  }
  return 0;
}

int clinux_capabilities_set(uint64_t kept) {
  if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) < 0) return -errno;
  struct __user_cap_data_struct data[2];
  int code = capabilities_get(data);
  if (code < 0) return code;
  for (int half = 0; half < 2; half++) {
    data[half].permitted &= (uint32_t)(kept >> (32 * half));
    data[half].effective = data[half].permitted;
    data[half].inheritable = 0;
  }
  return capabilities_put(data);
}

int clinux_lower_limit(int resource, uint64_t value) {
  struct rlimit limit;
  if (getrlimit((__rlimit_resource_t)resource, &limit) < 0) return -errno;
  if (value < limit.rlim_max) limit.rlim_max = value;
  limit.rlim_cur = limit.rlim_max;
  return result(setrlimit((__rlimit_resource_t)resource, &limit));
}

int clinux_no_new_privileges(void) { return result(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)); }

int clinux_set_undumpable(void) { return result(prctl(PR_SET_DUMPABLE, 0, 0, 0, 0)); }

int clinux_set_process_name(const char *name) { return result(prctl(PR_SET_NAME, name, 0, 0, 0)); }

int clinux_new_session_keyring(void) {
  return syscall(SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, NULL, 0, 0, 0) < 0 ? -errno : 0;
}

#if defined(__x86_64__)
#define NATIVE_ARCHITECTURE AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define NATIVE_ARCHITECTURE AUDIT_ARCH_AARCH64
#else
#error "the audit name of this architecture is missing"
#endif

/* Calls that change the kernel, the machine or another process's secrets. */
static const int refused_always[] = {
    SYS_acct,          SYS_add_key,     SYS_bpf,        SYS_clock_adjtime,  SYS_clock_settime,
    SYS_delete_module, SYS_finit_module, SYS_init_module, SYS_kexec_file_load, SYS_kexec_load,
    SYS_keyctl,        SYS_lookup_dcookie, SYS_open_by_handle_at, SYS_perf_event_open, SYS_quotactl,
    SYS_reboot,        SYS_request_key, SYS_settimeofday, SYS_swapoff,      SYS_swapon,
    SYS_syslog,        SYS_userfaultfd, SYS_io_uring_setup,
#if defined(__x86_64__)
    SYS_ioperm,        SYS_iopl,
#endif
};

/* Calls that make or enter namespaces and mounts. */
static const int refused_nested[] = {
    SYS_fsconfig,   SYS_fsmount,    SYS_fsopen,    SYS_fspick, SYS_mount,   SYS_mount_setattr,
    SYS_move_mount, SYS_open_tree,  SYS_pivot_root, SYS_setns, SYS_umount2,
};

enum {
  namespace_flags = CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWNET | CLONE_NEWCGROUP,
};

#define FIELD(name) ((unsigned)offsetof(struct seccomp_data, name))
/* The low half of an argument, which holds all of a 32-bit one on both little-endian architectures. */
#define ARGUMENT(index) ((unsigned)offsetof(struct seccomp_data, args[index]))
#define LOAD(offset) BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offset)
#define SKIP_UNLESS_EQUAL(value, count) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (unsigned)(value), 0, count)
#define SKIP_UNLESS_ANY(mask, count) BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, (unsigned)(mask), 0, count)
#define REFUSE(code) BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | (code))
#define ALLOW BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)

int clinux_seccomp_install(int nested) {
  struct sock_filter filter[160];
  unsigned short length = 0;
#define EMIT(...)                                                                              \
  do {                                                                                         \
    const struct sock_filter lines[] = {__VA_ARGS__};                                          \
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) filter[length++] = lines[i];   \
  } while (0)

  EMIT(LOAD(FIELD(arch)), BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, NATIVE_ARCHITECTURE, 1, 0), REFUSE(ENOSYS));
  EMIT(LOAD(FIELD(nr)));
#if defined(__x86_64__)
  /* x32 calls carry this bit and would pass the table by. */
  EMIT(BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, 0x40000000, 0, 1), REFUSE(ENOSYS));
#endif
  for (size_t i = 0; i < sizeof refused_always / sizeof refused_always[0]; i++)
    EMIT(SKIP_UNLESS_EQUAL(refused_always[i], 1), REFUSE(EPERM));
  if (!nested) {
    for (size_t i = 0; i < sizeof refused_nested / sizeof refused_nested[0]; i++)
      EMIT(SKIP_UNLESS_EQUAL(refused_nested[i], 1), REFUSE(EPERM));
    /* clone3's flags lie in memory, where a filter can't see them; the C library then falls back to clone. */
    EMIT(SKIP_UNLESS_EQUAL(SYS_clone3, 1), REFUSE(ENOSYS));
    EMIT(SKIP_UNLESS_EQUAL(SYS_clone, 4), LOAD(ARGUMENT(0)), SKIP_UNLESS_ANY(namespace_flags, 1), REFUSE(EPERM), ALLOW);
    EMIT(SKIP_UNLESS_EQUAL(SYS_unshare, 4), LOAD(ARGUMENT(0)), SKIP_UNLESS_ANY(namespace_flags, 1), REFUSE(EPERM), ALLOW);
  }
  /* A vsock reaches the hypervisor from any network namespace. */
  EMIT(SKIP_UNLESS_EQUAL(SYS_socket, 4), LOAD(ARGUMENT(0)), SKIP_UNLESS_EQUAL(AF_VSOCK, 1), REFUSE(EAFNOSUPPORT), ALLOW);
  EMIT(ALLOW);
#undef EMIT

  struct sock_fprog program = {.len = length, .filter = filter};
  return result(prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program, 0, 0));
}

int clinux_seccomp_skip_flushes(void) {
  /* Calls of another architecture are not looked at: the filter that is installed next refuses them. An error number of
     zero is the caller's success. */
  static const struct sock_filter filter[] = {
      LOAD(FIELD(nr)),
      SKIP_UNLESS_EQUAL(SYS_fsync, 1), REFUSE(0),
      SKIP_UNLESS_EQUAL(SYS_fdatasync, 1), REFUSE(0),
      SKIP_UNLESS_EQUAL(SYS_sync, 1), REFUSE(0),
      SKIP_UNLESS_EQUAL(SYS_syncfs, 1), REFUSE(0),
      SKIP_UNLESS_EQUAL(SYS_sync_file_range, 1), REFUSE(0),
      ALLOW,
  };
  struct sock_fprog program = {.len = sizeof filter / sizeof filter[0], .filter = (struct sock_filter *)filter};
  return result(prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program, 0, 0));
}
