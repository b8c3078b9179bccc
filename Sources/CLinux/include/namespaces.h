#ifndef DRYDOCK_CLINUX_NAMESPACES_H
#define DRYDOCK_CLINUX_NAMESPACES_H

#include <stdint.h>
#include <sys/types.h>

#pragma clang assume_nonnull begin

/* Kinds of namespace (man 7 namespaces), to be combined. */
extern const uint64_t clinux_namespace_user;
extern const uint64_t clinux_namespace_mount;
extern const uint64_t clinux_namespace_pid;
extern const uint64_t clinux_namespace_uts;
extern const uint64_t clinux_namespace_ipc;
extern const uint64_t clinux_namespace_cgroup;
extern const uint64_t clinux_namespace_network;

/* How a second program is started in new namespaces. */
struct clinux_stage {
  uint64_t namespaces;
  /* The program's path; it is executed through a read-only clone of its mount, so that nobody inside can write to it. */
  const char *executable;
  char *_Nullable const *_Nonnull arguments;
  char *_Nullable const *_Nonnull environment;
  /* Becomes descriptor 3, the only one kept besides the standard three. */
  int control;
  /* The child waits until it reads one byte here; at the end of file it exits. */
  int gate;
};

/* Clones the calling process into new namespaces and executes the stage there; safe in a process with threads, as
   nothing but system calls runs between clone and exec. Returns the child's id, and its pidfd through the pointer.
   If the program can't be executed, the child's exit code is the errno. */
pid_t clinux_stage_start(const struct clinux_stage *stage, int *pidfd);

/* Starts a program that is executed once it has read one byte from the gate; at the end of file it exits instead. It
   has no environment, no input, and its output and errors go to one descriptor. For a process with a single thread. */
pid_t clinux_start_gated(const char *program, char *_Nullable const *_Nonnull arguments, int gate, int output);

/* man 2 unshare. */
int clinux_unshare(uint64_t namespaces);

/* Attributes of a mount (man 2 mount_setattr), to be combined. */
extern const uint64_t clinux_mount_read_only;
extern const uint64_t clinux_mount_no_set_id;
extern const uint64_t clinux_mount_no_devices;
extern const uint64_t clinux_mount_no_execution;

/* Makes a detached copy of the tree of mounts at a path; an empty path means the directory itself. */
int clinux_mount_clone(int directory, const char *path);
/* Adds attributes to a detached tree, to all its mounts if recursive. */
int clinux_mount_add_attributes(int tree, uint64_t attributes, int recursive);
/* Puts a detached tree at the place that a descriptor names. */
int clinux_mount_attach(int tree, int place);
/* Cuts this mount namespace off from the propagation of every other. */
int clinux_mount_make_private(void);
/* Takes the mounts at a path out of the namespace, even while in use. */
int clinux_mount_detach(const char *path);

/* Begins the configuration of a new file system. */
int clinux_filesystem_open(const char *type);
/* Sets one option of it; no value means a flag. */
int clinux_filesystem_set(int configuration, const char *key, const char *_Nullable value);
/* Makes the file system and returns a detached mount of it. */
int clinux_filesystem_mount(int configuration, uint64_t attributes);

/* Makes the current directory the root of this mount namespace and drops the old root. */
int clinux_pivot_to_current_directory(void);

/* Brings up `lo` in the current network namespace. */
int clinux_loopback_up(void);
/* man 2 sethostname. */
int clinux_set_hostname(const char *name);

#pragma clang assume_nonnull end

#endif
