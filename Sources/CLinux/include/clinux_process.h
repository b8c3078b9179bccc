#ifndef DRYDOCK_CLINUX_PROCESS_H
#define DRYDOCK_CLINUX_PROCESS_H

#include <spawn.h>
#include <unistd.h>

// GNU extensions that the Glibc module hides because it is built without _GNU_SOURCE.

/// pipe2(2): both ends with the flags set at once, so that no other thread's exec can inherit them.
int clinux_pipe2(int ends[2], int flags);

/// posix_spawn_file_actions_addchdir_np(3): the directory in which a spawned program starts.
int clinux_spawn_add_chdir(posix_spawn_file_actions_t *actions, const char *path);

/// posix_spawn_file_actions_addclosefrom_np(3): closes every descriptor from this one on in a spawned program.
int clinux_spawn_add_close_from(posix_spawn_file_actions_t *actions, int first);

#endif
