#ifndef DRYDOCK_CYAML_H
#define DRYDOCK_CYAML_H

#include <yaml.h>

// yaml_event_t holds an anonymous union, whose members Swift can reach only by long paths; these give the few that matter.

/// The text of a scalar event; not terminated, may hold NUL.
static inline const unsigned char *cyaml_scalar_value(const yaml_event_t *event) { return event->data.scalar.value; }
/// The length of a scalar event's text in bytes.
static inline size_t cyaml_scalar_length(const yaml_event_t *event) { return event->data.scalar.length; }
/// Whether a scalar was written without quotes and without a tag, so that `true` and `3.11` may mean more than text.
static inline int cyaml_scalar_is_plain(const yaml_event_t *event) {
  return event->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
}

#endif
