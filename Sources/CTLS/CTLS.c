#include "include/CTLS.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

struct ctls_authority {
  X509 *certificate;
  EVP_PKEY *key;
  EVP_PKEY *server_key;
  BIO_METHOD *method;
};

struct ctls_connection {
  SSL_CTX *context;
  SSL *session;
};

/* A day back, so that a clock that is late does no harm, and a day on: longer than any build. */
static const long validity = 24 * 60 * 60;

/* OpenSSL's own way to a socket gets a signal that ends the program when the client is gone; this one gets an error. */
static int socket_write(BIO *bio, const char *bytes, int count) {
  return (int)send((int)(intptr_t)BIO_get_data(bio), bytes, (size_t)count, MSG_NOSIGNAL);
}

static int socket_read(BIO *bio, char *bytes, int count) {
  return (int)recv((int)(intptr_t)BIO_get_data(bio), bytes, (size_t)count, 0);
}

static long socket_control(BIO *bio, int command, long number, void *pointer) {
  (void)bio, (void)number, (void)pointer;
  return command == BIO_CTRL_FLUSH;
}

static BIO *make_bio(const BIO_METHOD *method, int socket) {
  BIO *bio = method ? BIO_new(method) : NULL;
  if (!bio) return NULL;
  BIO_set_data(bio, (void *)(intptr_t)socket);
  BIO_set_init(bio, 1);
  return bio;
}

static BIO_METHOD *make_method(void) {
  BIO_METHOD *method = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "drydock socket");
  if (!method) return NULL;
  BIO_meth_set_write(method, socket_write);
  BIO_meth_set_read(method, socket_read);
  BIO_meth_set_ctrl(method, socket_control);
  return method;
}

static int add_extension(X509 *certificate, X509 *issuer, int kind, const char *value) {
  X509V3_CTX context;
  X509V3_set_ctx_nodb(&context);
  X509V3_set_ctx(&context, issuer, certificate, NULL, NULL, 0);
  X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, &context, kind, value);
  if (!extension) return 0;
  int added = X509_add_ext(certificate, extension, -1);
  X509_EXTENSION_free(extension);
  return added;
}

/* A certificate without a signature yet. */
static X509 *make_certificate(const char *name, EVP_PKEY *key, X509 *issuer) {
  X509 *certificate = X509_new();
  if (!certificate) return NULL;
  unsigned char serial[16];
  BIGNUM *number = NULL;
  int is_made = RAND_bytes(serial, sizeof serial) == 1;
  serial[0] = (serial[0] & 0x7f) | 0x40; /* Positive, and of full length. */
  is_made = is_made && (number = BN_bin2bn(serial, sizeof serial, NULL)) != NULL
    && BN_to_ASN1_INTEGER(number, X509_get_serialNumber(certificate)) != NULL && X509_set_version(certificate, 2)
    && X509_gmtime_adj(X509_getm_notBefore(certificate), -validity) != NULL
    && X509_gmtime_adj(X509_getm_notAfter(certificate), validity) != NULL && X509_set_pubkey(certificate, key);
  BN_free(number);
  /* RFC 5280, appendix A.1: a common name has 64 characters at most. */
  char common[65];
  snprintf(common, sizeof common, "%s", name);
  X509_NAME *subject = X509_get_subject_name(certificate);
  is_made = is_made
    && X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_UTF8, (const unsigned char *)common, -1, -1, 0)
    && X509_set_issuer_name(certificate, issuer ? X509_get_subject_name(issuer) : subject);
  if (is_made) return certificate;
  X509_free(certificate);
  return NULL;
}

ctls_authority *ctls_authority_create(const char *name) {
  ctls_authority *authority = calloc(1, sizeof *authority);
  if (!authority) return NULL;
  authority->method = make_method();
  authority->key = EVP_EC_gen("P-256");
  authority->server_key = EVP_EC_gen("P-256");
  if (authority->method && authority->key && authority->server_key)
    authority->certificate = make_certificate(name, authority->key, NULL);
  X509 *certificate = authority->certificate;
  /* RFC 5280, section 4.2.1: what strict clients, as Python's from 3.13 on, want of an authority. */
  int is_made = certificate && add_extension(certificate, certificate, NID_basic_constraints, "critical,CA:TRUE,pathlen:0")
    && add_extension(certificate, certificate, NID_key_usage, "critical,keyCertSign,cRLSign")
    && add_extension(certificate, certificate, NID_subject_key_identifier, "hash")
    && X509_sign(certificate, authority->key, EVP_sha256());
  if (is_made) return authority;
  ctls_authority_free(authority);
  ERR_clear_error();
  return NULL;
}

void ctls_authority_free(ctls_authority *authority) {
  X509_free(authority->certificate);
  EVP_PKEY_free(authority->key);
  EVP_PKEY_free(authority->server_key);
  BIO_meth_free(authority->method);
  free(authority);
}

ssize_t ctls_authority_write(const ctls_authority *authority, char *buffer, size_t capacity) {
  BIO *memory = BIO_new(BIO_s_mem());
  if (!memory) return -1;
  ssize_t length = -1;
  char *text = NULL;
  if (PEM_write_bio_X509(memory, authority->certificate)) {
    long size = BIO_get_mem_data(memory, &text);
    if (size > 0 && (size_t)size <= capacity) {
      memcpy(buffer, text, (size_t)size);
      length = size;
    }
  }
  BIO_free(memory);
  return length;
}

static X509 *certificate_of(const ctls_authority *authority, const char *host) {
  X509 *certificate = make_certificate(host, authority->server_key, authority->certificate);
  if (!certificate) return NULL;
  unsigned char address[sizeof(struct in6_addr)];
  int is_address = inet_pton(AF_INET, host, address) == 1 || inet_pton(AF_INET6, host, address) == 1;
  char name[300];
  int length = snprintf(name, sizeof name, "%s:%s", is_address ? "IP" : "DNS", host);
  /* A comma would begin another name. */
  int is_made = length > 0 && (size_t)length < sizeof name && !strpbrk(host, ",\r\n")
    && add_extension(certificate, authority->certificate, NID_basic_constraints, "critical,CA:FALSE")
    && add_extension(certificate, authority->certificate, NID_key_usage, "critical,digitalSignature")
    && add_extension(certificate, authority->certificate, NID_ext_key_usage, "serverAuth")
    && add_extension(certificate, authority->certificate, NID_subject_alt_name, name)
    && add_extension(certificate, authority->certificate, NID_subject_key_identifier, "hash")
    && add_extension(certificate, authority->certificate, NID_authority_key_identifier, "keyid:always")
    && X509_sign(certificate, authority->key, EVP_sha256());
  if (is_made) return certificate;
  X509_free(certificate);
  return NULL;
}

/* RFC 7301, section 3.2. */
static int select_protocol(
  SSL *session, const unsigned char **chosen, unsigned char *chosen_length, const unsigned char *offered,
  unsigned offered_length, void *argument
) {
  (void)session, (void)argument;
  static const unsigned char http[] = "\x08http/1.1";
  int result =
    SSL_select_next_proto((unsigned char **)chosen, chosen_length, http, sizeof http - 1, offered, offered_length);
  return result == OPENSSL_NPN_NEGOTIATED ? SSL_TLSEXT_ERR_OK : SSL_TLSEXT_ERR_NOACK;
}

ctls_connection *ctls_accept(const ctls_authority *authority, const char *host, int socket) {
  ctls_connection *connection = calloc(1, sizeof *connection);
  if (!connection) return NULL;
  X509 *certificate = certificate_of(authority, host);
  connection->context = SSL_CTX_new(TLS_server_method());
  int is_made = certificate && connection->context
    && SSL_CTX_set_min_proto_version(connection->context, TLS1_2_VERSION)
    && SSL_CTX_use_certificate(connection->context, certificate)
    && SSL_CTX_use_PrivateKey(connection->context, authority->server_key);
  if (is_made) {
    SSL_CTX_set_alpn_select_cb(connection->context, select_protocol, NULL);
    connection->session = SSL_new(connection->context);
    BIO *bio = connection->session ? make_bio(authority->method, socket) : NULL;
    if (bio) SSL_set_bio(connection->session, bio, bio);
    is_made = bio && SSL_accept(connection->session) == 1;
  }
  X509_free(certificate);
  ERR_clear_error();
  if (is_made) return connection;
  SSL_free(connection->session);
  SSL_CTX_free(connection->context);
  free(connection);
  return NULL;
}

void ctls_close(ctls_connection *connection) {
  SSL_shutdown(connection->session);
  SSL_free(connection->session);
  SSL_CTX_free(connection->context);
  free(connection);
  ERR_clear_error();
}

ssize_t ctls_read(ctls_connection *connection, void *buffer, size_t count) {
  size_t done = 0;
  int result = SSL_read_ex(connection->session, buffer, count, &done);
  int reason = result == 1 ? SSL_ERROR_NONE : SSL_get_error(connection->session, result);
  ERR_clear_error();
  if (reason == SSL_ERROR_NONE) return (ssize_t)done;
  return reason == SSL_ERROR_ZERO_RETURN ? 0 : -1;
}

ssize_t ctls_write(ctls_connection *connection, const void *buffer, size_t count) {
  if (count == 0) return 0;
  size_t done = 0;
  int result = SSL_write_ex(connection->session, buffer, count, &done);
  ERR_clear_error();
  return result == 1 ? (ssize_t)done : -1;
}
