#include "include/CLinux.h"
#include <sys/sysmacros.h>

dev_t clinux_device(unsigned major, unsigned minor) { return makedev(major, minor); }
