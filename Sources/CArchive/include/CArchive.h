#ifndef DRYDOCK_CArchive_H
#define DRYDOCK_CArchive_H

#include <archive.h>
#include <archive_entry.h>

#endif
