#include "include/namespaces.h"

#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <linux/capability.h>
#include <linux/sched.h>

#include "include/descriptors.h"
#include "include/privileges.h"

const uint64_t clinux_namespace_user = CLONE_NEWUSER;
const uint64_t clinux_namespace_mount = CLONE_NEWNS;
const uint64_t clinux_namespace_pid = CLONE_NEWPID;
const uint64_t clinux_namespace_uts = CLONE_NEWUTS;
const uint64_t clinux_namespace_ipc = CLONE_NEWIPC;
const uint64_t clinux_namespace_cgroup = CLONE_NEWCGROUP;
const uint64_t clinux_namespace_network = CLONE_NEWNET;

const uint64_t clinux_mount_read_only = MOUNT_ATTR_RDONLY;
const uint64_t clinux_mount_no_set_id = MOUNT_ATTR_NOSUID;
const uint64_t clinux_mount_no_devices = MOUNT_ATTR_NODEV;
const uint64_t clinux_mount_no_execution = MOUNT_ATTR_NOEXEC;

static int result(long value) { return value < 0 ? -errno : (int)value; }

/* A clone of the executable's mount that can't be written through: otherwise root inside could reach the program on
   the host by /proc/PID/exe. The link /proc/self/exe is the fallback for a program that was deleted or replaced since
   it started; nobody else executes that inode. */
static int open_executable(const char *path) {
  int tree = (int)syscall(SYS_open_tree, AT_FDCWD, path, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);
  if (tree < 0) {
    return errno == ENOENT ? open("/proc/self/exe", O_PATH | O_CLOEXEC) : -1;
  }
  struct mount_attr attributes = {.attr_set = MOUNT_ATTR_RDONLY};
  if (syscall(SYS_mount_setattr, tree, "", AT_EMPTY_PATH, &attributes, sizeof attributes) < 0) return -1;
  return tree;
}

/* Runs in the child, where only async-signal-safe calls are allowed. */
static _Noreturn void stage_execute(const struct clinux_stage *stage) {
  struct sigaction standard = {.sa_handler = SIG_DFL};
  for (int signal = 1; signal < NSIG; signal++) sigaction(signal, &standard, NULL);
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, NULL);

  /* Only the socket as 3 and the gate as 4 stay open: a copy of any gate's other end here would keep its reader waiting
     after the parent has died. */
  int gate = stage->gate == 3 ? dup(3) : stage->gate;
  if (stage->control == 3 ? fcntl(3, F_SETFD, 0) < 0 : dup2(stage->control, 3) < 0) goto failed;
  if (gate != 4 && dup2(gate, 4) < 0) goto failed;
  if (syscall(SYS_close_range, 5, ~0U, 0) < 0) goto failed;

  char go;
  ssize_t count;
  do count = read(4, &go, 1);
  while (count < 0 && errno == EINTR);
  if (count != 1) _exit(ECANCELED);
  close(4);

  setsid();
  /* Without ambient capabilities, exec would clear them when the only mapped id is not 0. */
  int code = clinux_capabilities_make_ambient();
  if (code < 0) _exit(-code);
  int null = open("/dev/null", O_RDWR | O_CLOEXEC);
  if (null < 0 || dup2(null, 0) < 0 || dup2(null, 1) < 0) goto failed;
  int program = open_executable(stage->executable);
  if (program < 0) goto failed;
  syscall(SYS_execveat, program, "", stage->arguments, stage->environment, AT_EMPTY_PATH);
failed:
  _exit(errno);
}

pid_t clinux_stage_start(const struct clinux_stage *stage, int *pidfd) {
  struct clone_args arguments = {
      .flags = stage->namespaces | CLONE_PIDFD,
      .pidfd = (uint64_t)(uintptr_t)pidfd,
      .exit_signal = SIGCHLD,
  };
  /* No handler of the parent may run in the child. */
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  long pid = syscall(SYS_clone3, &arguments, sizeof arguments);
  if (pid == 0) stage_execute(stage);
  int code = errno;
  pthread_sigmask(SIG_SETMASK, &before, NULL);
  return pid < 0 ? -code : (pid_t)pid;
}

pid_t clinux_start_gated(const char *program, char *const *arguments, int gate, int output) {
  pid_t pid = fork();
  if (pid != 0) return pid < 0 ? -errno : pid;
  char *const environment[] = {NULL};
  char go;
  /* Only these two stay open: a copy of the gate's other end would keep its reader waiting after the parent has died. */
  if (dup2(gate, 0) < 0 || dup2(output, 1) < 0 || dup2(output, 2) < 0 || clinux_close_from(3) < 0) _exit(127);
  if (read(0, &go, 1) != 1) _exit(127);
  execve(program, arguments, environment);
  _exit(127);
}

int clinux_unshare(uint64_t namespaces) { return result(unshare((int)namespaces)); }

int clinux_mount_clone(int directory, const char *path) {
  /* Recursive always: in a user namespace a part of a tree of mounts can't be taken alone. */
  unsigned flags = OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_RECURSIVE;
  if (path[0] == 0) flags |= AT_EMPTY_PATH;
  return result(syscall(SYS_open_tree, directory, path, flags));
}

int clinux_mount_add_attributes(int tree, uint64_t attributes, int recursive) {
  struct mount_attr change = {.attr_set = attributes};
  unsigned flags = AT_EMPTY_PATH | (recursive ? AT_RECURSIVE : 0);
  return result(syscall(SYS_mount_setattr, tree, "", flags, &change, sizeof change));
}

int clinux_mount_attach(int tree, int place) {
  return result(syscall(SYS_move_mount, tree, "", place, "", MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH));
}

int clinux_mount_make_private(void) { return result(mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL)); }

int clinux_mount_detach(const char *path) { return result(umount2(path, MNT_DETACH | UMOUNT_NOFOLLOW)); }

int clinux_filesystem_open(const char *type) { return result(syscall(SYS_fsopen, type, FSOPEN_CLOEXEC)); }

int clinux_filesystem_set(int configuration, const char *key, const char *value) {
  unsigned command = value ? FSCONFIG_SET_STRING : FSCONFIG_SET_FLAG;
  return result(syscall(SYS_fsconfig, configuration, command, key, value, 0));
}

int clinux_filesystem_mount(int configuration, uint64_t attributes) {
  if (syscall(SYS_fsconfig, configuration, FSCONFIG_CMD_CREATE, NULL, NULL, 0) < 0) return -errno;
  return result(syscall(SYS_fsmount, configuration, FSMOUNT_CLOEXEC, (unsigned)attributes));
}

int clinux_pivot_to_current_directory(void) {
  /* man 2 pivot_root, "pivot_root(".", ".")": the old root lies over the new one until it is detached. */
  if (syscall(SYS_pivot_root, ".", ".") < 0 || umount2(".", MNT_DETACH) < 0) return -errno;
  return result(chdir("/"));
}

int clinux_loopback_up(void) {
  int socket_descriptor = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (socket_descriptor < 0) return -errno;
  struct ifreq request = {.ifr_name = "lo", .ifr_flags = IFF_UP | IFF_RUNNING};
  int code = result(ioctl(socket_descriptor, SIOCSIFFLAGS, &request));
  close(socket_descriptor);
  return code;
}

int clinux_set_hostname(const char *name) { return result(sethostname(name, strlen(name))); }
