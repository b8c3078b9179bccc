#ifndef DRYDOCK_CLinux_H
#define DRYDOCK_CLinux_H

#include <stddef.h>

#endif
