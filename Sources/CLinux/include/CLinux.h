#ifndef DRYDOCK_CLINUX_H
#define DRYDOCK_CLINUX_H

/* System calls that Swift's Glibc module hides or that are variadic. Where a function says nothing else it returns a
   value >= 0, or the negated errno: errno belongs to a thread, and Swift code may change threads before it looks. */

#include <stddef.h>
#include "clinux_files.h"
#include "clinux_process.h"
#include "clinux_supervise.h"
#include "descriptors.h"
#include "namespaces.h"
#include "privileges.h"

#endif
