#ifndef DRYDOCK_CArchive_H
#define DRYDOCK_CArchive_H

#include <archive.h>
#include <archive_entry.h>

// Only libarchive's decompression filters are used: the tar format itself is parsed in Swift, where names stay bytes
// whatever the locale and every field can be limited.

/// Makes a reader that decompresses xz, zstd and bzip2 and hands out the bytes below as one entry; NULL without memory.
struct archive *carchive_decompressor(void);

#endif
