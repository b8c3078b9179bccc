#ifndef DRYDOCK_CTLS_H
#define DRYDOCK_CTLS_H

#include <stddef.h>
#include <sys/types.h>

#pragma clang assume_nonnull begin

/* The server's side of TLS over a socket that blocks, with a certificate made for whatever name the client wants.

   In C, as OpenSSL's part for certificates is macros and variadic functions, and as a connection takes six objects that
   have to be freed in every case of a failure. */

/* A certificate authority that lives in memory only, with one key for all servers that it vouches for. */
typedef struct ctls_authority ctls_authority;
/* A connection after its handshake. */
typedef struct ctls_connection ctls_connection;

/* Makes an authority of this common name; NULL if OpenSSL can't. */
ctls_authority *_Nullable ctls_authority_create(const char *name);
void ctls_authority_free(ctls_authority *authority);
/* Writes the authority's certificate in PEM form, not zero-terminated; returns its length, -1 if the buffer is too small. */
ssize_t ctls_authority_write(const ctls_authority *authority, char *buffer, size_t capacity);

/* Does the server's half of a handshake as the host of this name or address; NULL if that fails. The socket stays the
   caller's. Only HTTP/1.1 is agreed on. */
ctls_connection *_Nullable ctls_accept(const ctls_authority *authority, const char *host, int socket);
/* Frees the connection, after telling the client that it ends. */
void ctls_close(ctls_connection *connection);
/* Like read and write of man 2, with -1 for every failure. */
ssize_t ctls_read(ctls_connection *connection, void *buffer, size_t count);
ssize_t ctls_write(ctls_connection *connection, const void *buffer, size_t count);

#pragma clang assume_nonnull end

#endif
