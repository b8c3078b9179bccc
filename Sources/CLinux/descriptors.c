#include "include/descriptors.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <linux/openat2.h>

const int clinux_open_place = O_PATH;

static int result(long value) { return value < 0 ? -errno : (int)value; }

int clinux_open_in_root(int root, const char *path, int flags, mode_t mode) {
  struct open_how how = {
      .flags = (uint64_t)(flags | O_CLOEXEC),
      .mode = mode,
      .resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS,
  };
  long descriptor;
  /* EAGAIN: something was renamed meanwhile, so that the kernel can't be sure about `..`. */
  do descriptor = syscall(SYS_openat2, root, path, &how, sizeof how);
  while (descriptor < 0 && (errno == EAGAIN || errno == EINTR));
  return result(descriptor);
}

int clinux_memory_file(const char *name) { return result(memfd_create(name, MFD_CLOEXEC)); }

int clinux_close_from(unsigned first) { return result(syscall(SYS_close_range, first, ~0U, 0)); }

int clinux_message_sockets(int *first, int *second) {
  int pair[2];
  if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0) return -errno;
  *first = pair[0];
  *second = pair[1];
  return 0;
}

int clinux_signal_descriptor(const sigset_t *signals) {
  if (sigprocmask(SIG_BLOCK, signals, NULL) < 0) return -errno;
  return result(signalfd(-1, signals, SFD_CLOEXEC | SFD_NONBLOCK));
}

int clinux_signal_next(int descriptor) {
  struct signalfd_siginfo information;
  ssize_t count = read(descriptor, &information, sizeof information);
  return count == sizeof information ? (int)information.ssi_signo : -errno;
}

enum { most_descriptors = 8 };

union control {
  struct cmsghdr header;
  char bytes[CMSG_SPACE(sizeof(int) * most_descriptors)];
};

int clinux_send(int socket, const void *bytes, size_t count, const int *descriptors, size_t descriptor_count) {
  if (descriptor_count > most_descriptors) return -EINVAL;
  union control control = {0};
  struct iovec part = {.iov_base = (void *)bytes, .iov_len = count};
  struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};
  if (descriptor_count > 0) {
    message.msg_control = control.bytes;
    message.msg_controllen = CMSG_SPACE(sizeof(int) * descriptor_count);
    struct cmsghdr *header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(sizeof(int) * descriptor_count);
    memcpy(CMSG_DATA(header), descriptors, sizeof(int) * descriptor_count);
  }
  ssize_t sent;
  do sent = sendmsg(socket, &message, MSG_NOSIGNAL);
  while (sent < 0 && errno == EINTR);
  return sent < 0 ? -errno : 0;
}

ssize_t clinux_receive(int socket, void *bytes, size_t capacity, int descriptors[8], size_t *descriptor_count) {
  union control control = {0};
  struct iovec part = {.iov_base = bytes, .iov_len = capacity};
  struct msghdr message = {
      .msg_iov = &part, .msg_iovlen = 1, .msg_control = control.bytes, .msg_controllen = sizeof control.bytes};
  *descriptor_count = 0;
  ssize_t count;
  do count = recvmsg(socket, &message, MSG_CMSG_CLOEXEC);
  while (count < 0 && errno == EINTR);
  if (count < 0) return -errno;
  for (struct cmsghdr *header = CMSG_FIRSTHDR(&message); header; header = CMSG_NXTHDR(&message, header)) {
    if (header->cmsg_level != SOL_SOCKET || header->cmsg_type != SCM_RIGHTS) continue;
    *descriptor_count = (header->cmsg_len - CMSG_LEN(0)) / sizeof(int);
    memcpy(descriptors, CMSG_DATA(header), *descriptor_count * sizeof(int));
  }
  if (message.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) return -EMSGSIZE;
  return count;
}

int clinux_pidfd_wait(int pidfd) {
  siginfo_t information = {0};
  int code;
  do code = waitid(P_PIDFD, (id_t)pidfd, &information, WEXITED | __WALL);
  while (code < 0 && errno == EINTR);
  if (code < 0) return -errno;
  return information.si_code == CLD_EXITED ? information.si_status << 8 : information.si_status & 0x7f;
}

int clinux_pidfd_signal(int pidfd, int signal) {
  return result(syscall(SYS_pidfd_send_signal, pidfd, signal, NULL, 0));
}
