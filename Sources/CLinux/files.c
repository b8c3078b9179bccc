#include "include/CLinux.h"
#include <fcntl.h>
#include <sys/sysmacros.h>

dev_t clinux_device(unsigned major, unsigned minor) { return makedev(major, minor); }

int clinux_give_back(int file, int64_t offset, int64_t count) {
    return fallocate(file, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, offset, count);
}
