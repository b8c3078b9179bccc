#ifndef DRYDOCK_CLINUX_DESCRIPTORS_H
#define DRYDOCK_CLINUX_DESCRIPTORS_H

#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#pragma clang assume_nonnull begin

/* O_PATH: a descriptor that names a place and reads nothing. */
extern const int clinux_open_place;

/* man 2 openat2, RESOLVE_IN_ROOT: `..` and absolute links stay below the directory, magic links are refused. */
int clinux_open_in_root(int root, const char *path, int flags, mode_t mode);
/* An anonymous file in memory, closed on exec. */
int clinux_memory_file(const char *name);
/* Closes every descriptor from this one on. */
int clinux_close_from(unsigned first);
/* A pair of connected sockets that keep messages apart, closed on exec. */
int clinux_message_sockets(int *first, int *second);
/* A descriptor from which the signals of the set are read as `signalfd_siginfo`; they get blocked. */
int clinux_signal_descriptor(const sigset_t *signals);
/* The next signal of such a descriptor, or -EAGAIN. */
int clinux_signal_next(int descriptor);

/* Sends one message with descriptors (man 7 unix, SCM_RIGHTS); at most 8 of them. */
int clinux_send(int socket, const void *bytes, size_t count, const int *_Nullable descriptors, size_t descriptor_count);
/* Receives one message; the descriptors are closed on exec. Returns the bytes received, 0 at the end. A message that is
   longer than the buffer or carries more than 8 descriptors is -EMSGSIZE. */
ssize_t clinux_receive(int socket, void *bytes, size_t capacity, int descriptors[_Nonnull 8], size_t *descriptor_count);

/* Waits for the process of a pidfd and reaps it; returns its wait status. */
int clinux_pidfd_wait(int pidfd);
/* man 2 pidfd_send_signal. */
int clinux_pidfd_signal(int pidfd, int signal);

#pragma clang assume_nonnull end

#endif
