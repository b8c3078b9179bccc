#ifndef DRYDOCK_COpenSSL_H
#define DRYDOCK_COpenSSL_H

#include <openssl/evp.h>
#include <openssl/err.h>

#endif
