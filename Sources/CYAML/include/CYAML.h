#ifndef DRYDOCK_CYAML_H
#define DRYDOCK_CYAML_H

#include <yaml.h>

#endif
