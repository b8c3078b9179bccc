#ifndef DRYDOCK_CZstd_H
#define DRYDOCK_CZstd_H

// libzstd's streaming compressor; reading zstd is libarchive's work.
#include <zstd.h>

#endif
