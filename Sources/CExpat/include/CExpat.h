#ifndef DRYDOCK_CEXPAT_H
#define DRYDOCK_CEXPAT_H

#include <stddef.h>

// expat's parser with the three events that matter, because its own header declares types that Swift can't name, and a callback
// that stops the parser has to know it.

typedef struct cexpat_parser cexpat_parser;

/// Where a text stops being well-formed.
typedef struct {
  long line;
  long column;
  const char *reason;
} cexpat_problem;

/// An element begins; names and values of attributes follow each other, a null ends them.
typedef void (*cexpat_start)(void *context, const char *name, const char *const *attributes);
/// An element ends.
typedef void (*cexpat_end)(void *context, const char *name);
/// Text, in pieces.
typedef void (*cexpat_text)(void *context, const char *bytes, size_t size);

/// A parser that knows no entities but XML's own five, refuses a document type and never opens anything; null if there is no
/// memory.
cexpat_parser *cexpat_open(void *context, cexpat_start start, cexpat_end end, cexpat_text text);
/// Parses the next bytes, at most a gigabyte at once; at the end none with `last` set. 0 is good, else `problem` is filled.
int cexpat_feed(cexpat_parser *parser, const void *bytes, size_t size, int last, cexpat_problem *problem);
/// Releases the parser.
void cexpat_close(cexpat_parser *parser);

#endif
