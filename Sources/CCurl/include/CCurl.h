#ifndef DRYDOCK_CCURL_H
#define DRYDOCK_CCURL_H

#include <curl/curl.h>

#pragma clang assume_nonnull begin

/*
 * libcurl sets and reads options through variadic functions, and Swift does not import those. Each function here fixes
 * the type of the argument, so that a number can't be passed where libcurl reads a pointer.
 */

/* For CURLOPTTYPE_LONG and CURLOPTTYPE_VALUES. */
static inline CURLcode ccurl_set_long(CURL *easy, CURLoption option, long value) {
  return curl_easy_setopt(easy, option, value);
}

/* For CURLOPTTYPE_OFF_T: sizes of bodies, which outgrow a long on 32 bits. */
static inline CURLcode ccurl_set_offset(CURL *easy, CURLoption option, curl_off_t value) {
  return curl_easy_setopt(easy, option, value);
}

/* For CURLOPTTYPE_STRINGPOINT: libcurl copies the text; a null pointer restores the default. */
static inline CURLcode ccurl_set_string(CURL *easy, CURLoption option, const char *_Nullable value) {
  return curl_easy_setopt(easy, option, value);
}

/* For CURLOPTTYPE_CBPOINT and CURLOPTTYPE_OBJECTPOINT: what a callback gets as its last argument, or bytes to send. */
static inline CURLcode ccurl_set_pointer(CURL *easy, CURLoption option, const void *_Nullable value) {
  return curl_easy_setopt(easy, option, value);
}

/* For CURLOPTTYPE_SLISTPOINT: libcurl does not copy the list, it has to outlive the transfer. */
static inline CURLcode ccurl_set_list(CURL *easy, CURLoption option, struct curl_slist *_Nullable value) {
  return curl_easy_setopt(easy, option, value);
}

/* The shape that CURLOPT_WRITEFUNCTION and CURLOPT_HEADERFUNCTION share. */
typedef size_t (*ccurl_receive)(char *_Nullable bytes, size_t size, size_t count, void *_Nullable context);

/* For CURLOPTTYPE_FUNCTIONPOINT of that shape. */
static inline CURLcode ccurl_set_receive(CURL *easy, CURLoption option, ccurl_receive callback) {
  return curl_easy_setopt(easy, option, callback);
}

/* For CURLOPT_SEEKFUNCTION. */
static inline CURLcode ccurl_set_seek(CURL *easy, CURLoption option, curl_seek_callback _Nonnull callback) {
  return curl_easy_setopt(easy, option, callback);
}

/* For CURLINFO_LONG. */
static inline CURLcode ccurl_get_long(CURL *easy, CURLINFO info, long *value) {
  return curl_easy_getinfo(easy, info, value);
}

/* For the options of a multi handle that take a number. */
static inline CURLMcode ccurl_multi_set_long(CURLM *multi, CURLMoption option, long value) {
  return curl_multi_setopt(multi, option, value);
}

/* A transfer that has ended: the two members of CURLMsg that matter, out of its union. */
typedef struct {
  CURL *_Nullable easy;
  CURLcode result;
} ccurl_finished;

/* Takes the next ended transfer from the queue: 1 if there was one, 0 if not. */
static inline int ccurl_next_finished(CURLM *multi, ccurl_finished *finished) {
  int left;
  CURLMsg *message;
  while ((message = curl_multi_info_read(multi, &left))) {
    if (message->msg != CURLMSG_DONE) continue;
    finished->easy = message->easy_handle;
    finished->result = message->data.result;
    return 1;
  }
  return 0;
}

#pragma clang assume_nonnull end

#endif
