#ifndef DRYDOCK_CLINUX_PRIVILEGES_H
#define DRYDOCK_CLINUX_PRIVILEGES_H

#include <stdint.h>

#pragma clang assume_nonnull begin

/* Raises every capability of this thread into its ambient set, so that it survives an exec by any user. */
int clinux_capabilities_make_ambient(void);
/* Removes from the bounding set what the mask doesn't hold. */
int clinux_capabilities_bound(uint64_t kept);
/* Makes the mask the permitted and effective set, and empties the inheritable and the ambient one. */
int clinux_capabilities_set(uint64_t kept);

/* Lowers the soft and the hard limit of a resource (man 2 setrlimit); a hard limit that is lower already stays. */
int clinux_lower_limit(int resource, uint64_t value);

/* PR_SET_NO_NEW_PRIVS: exec grants nothing any longer. */
int clinux_no_new_privileges(void);
/* PR_SET_DUMPABLE 0: nobody without CAP_SYS_PTRACE looks into this process. */
int clinux_set_undumpable(void);
/* PR_SET_NAME. */
int clinux_set_process_name(const char *name);
/* Leaves the session keyring of the host for a new, empty one. */
int clinux_new_session_keyring(void);

/* Refuses system calls for the rest of this process's life and for its children (man 2 seccomp). Always: sockets of
   families that reach past a network namespace, another architecture's calls, and what changes the kernel. If `nested`
   is 0, also what makes or enters namespaces and mounts. Needs no_new_privileges. */
int clinux_seccomp_install(int nested);
/* Makes fsync and its kin succeed without doing anything, for the rest of this process's life and for its children.
   Needs no_new_privileges. */
int clinux_seccomp_skip_flushes(void);

#pragma clang assume_nonnull end

#endif
