#include "include/CArchive.h"

struct archive *carchive_decompressor(void) {
  struct archive *archive = archive_read_new();
  if (archive == NULL) return NULL;
  if (archive_read_support_filter_xz(archive) != ARCHIVE_OK || archive_read_support_filter_zstd(archive) != ARCHIVE_OK ||
      archive_read_support_filter_bzip2(archive) != ARCHIVE_OK || archive_read_support_format_raw(archive) != ARCHIVE_OK) {
    archive_read_free(archive);
    return NULL;
  }
  return archive;
}
