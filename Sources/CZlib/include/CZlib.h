#ifndef DRYDOCK_CZlib_H
#define DRYDOCK_CZlib_H

#include <zlib.h>

// inflateInit2 is a macro, which Swift does not import.

/// inflateInit2(3): windowBits 31 reads gzip, -15 raw deflate.
int czlib_inflate_init(z_stream *stream, int windowBits);

#endif
