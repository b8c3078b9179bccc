#ifndef DRYDOCK_CLINUX_FILES_H
#define DRYDOCK_CLINUX_FILES_H

// Extended attributes and the kind of a file system, which the Glibc module leaves out.
#include <stdint.h>
#include <sys/statfs.h>
#include <sys/types.h>
#include <sys/xattr.h>

/// makedev(3), a macro: the number of a device.
dev_t clinux_device(unsigned major, unsigned minor);

/// fallocate(2) with FALLOC_FL_PUNCH_HOLE: gives a range's blocks back to the disk; the file keeps its size.
int clinux_give_back(int file, int64_t offset, int64_t count);

#endif
