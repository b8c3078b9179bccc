#ifndef DRYDOCK_CZlib_H
#define DRYDOCK_CZlib_H

#include <zlib.h>

#endif
