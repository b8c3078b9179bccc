#ifndef DRYDOCK_CCurl_H
#define DRYDOCK_CCurl_H

#include <curl/curl.h>

#endif
