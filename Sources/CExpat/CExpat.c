#include "CExpat.h"

#include <expat.h>
#include <stdlib.h>

struct cexpat_parser {
  XML_Parser xml;
  void *context;
  cexpat_start start;
  cexpat_end end;
  cexpat_text text;
  int has_dtd;
};

static void on_start(void *self, const char *name, const char **attributes) {
  cexpat_parser *parser = self;
  parser->start(parser->context, name, (const char *const *)attributes);
}

static void on_end(void *self, const char *name) {
  cexpat_parser *parser = self;
  parser->end(parser->context, name);
}

static void on_text(void *self, const char *bytes, int size) {
  cexpat_parser *parser = self;
  parser->text(parser->context, bytes, (size_t)size);
}

static void on_dtd(void *self, const char *name, const char *system, const char *public, int has_subset) {
  cexpat_parser *parser = self;
  parser->has_dtd = 1;
  XML_StopParser(parser->xml, XML_FALSE);
}

cexpat_parser *cexpat_open(void *context, cexpat_start start, cexpat_end end, cexpat_text text) {
  cexpat_parser *parser = calloc(1, sizeof *parser);
  if (!parser) return NULL;
  parser->xml = XML_ParserCreate(NULL);
  if (!parser->xml) {
    free(parser);
    return NULL;
  }
  parser->context = context;
  parser->start = start;
  parser->end = end;
  parser->text = text;
  XML_SetUserData(parser->xml, parser);
  XML_SetElementHandler(parser->xml, on_start, on_end);
  XML_SetCharacterDataHandler(parser->xml, on_text);
  XML_SetStartDoctypeDeclHandler(parser->xml, on_dtd);
  return parser;
}

int cexpat_feed(cexpat_parser *parser, const void *bytes, size_t size, int last, cexpat_problem *problem) {
  if (XML_Parse(parser->xml, bytes, (int)size, last) == XML_STATUS_OK) return 0;
  enum XML_Error error = XML_GetErrorCode(parser->xml);
  problem->line = (long)XML_GetCurrentLineNumber(parser->xml);
  problem->column = (long)XML_GetCurrentColumnNumber(parser->xml) + 1;
  problem->reason = XML_ErrorString(error);
  if (last && (error == XML_ERROR_NO_ELEMENTS || error == XML_ERROR_UNCLOSED_TOKEN)) problem->reason = "it ends too early";
  if (parser->has_dtd) problem->reason = "a document type declaration is refused";
  return 1;
}

void cexpat_close(cexpat_parser *parser) {
  XML_ParserFree(parser->xml);
  free(parser);
}
