#ifndef DRYDOCK_CLinux_H
#define DRYDOCK_CLinux_H

#include <stddef.h>
#include "clinux_process.h"

#endif
