/* Everything is inline in the header; a C target needs one file to compile. */
#include "include/CCurl.h"
