#ifndef DRYDOCK_CLINUX_FILES_H
#define DRYDOCK_CLINUX_FILES_H

// Extended attributes, which the Glibc module leaves out.
#include <sys/types.h>
#include <sys/xattr.h>

/// makedev(3), a macro: the number of a device.
dev_t clinux_device(unsigned major, unsigned minor);

#endif
