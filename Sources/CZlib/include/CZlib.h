#ifndef DRYDOCK_CZlib_H
#define DRYDOCK_CZlib_H

#include <zlib.h>

// deflateInit2 and inflateInit2 are macros, which Swift does not import.

/// inflateInit2(3): windowBits 31 reads gzip, -15 raw deflate.
int czlib_inflate_init(z_stream *stream, int windowBits);

/// deflateInit2(3) for raw deflate with the default memory level and strategy.
int czlib_deflate_init(z_stream *stream, int level);

#endif
