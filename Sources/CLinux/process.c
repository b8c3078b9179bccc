#include "include/clinux_process.h"
#include <fcntl.h>

int clinux_pipe2(int ends[2], int flags) { return pipe2(ends, flags); }

int clinux_spawn_add_chdir(posix_spawn_file_actions_t *actions, const char *path) {
  return posix_spawn_file_actions_addchdir_np(actions, path);
}

int clinux_spawn_add_close_from(posix_spawn_file_actions_t *actions, int first) {
  return posix_spawn_file_actions_addclosefrom_np(actions, first);
}
