#ifndef DRYDOCK_FUZZ_DRIVER_H
#define DRYDOCK_FUZZ_DRIVER_H

#include <stddef.h>
#include <stdint.h>

#pragma clang assume_nonnull begin

/* What a fuzzer tries; it returns 0. */
typedef int (*drydock_fuzz_body)(const uint8_t *_Nullable bytes, size_t count);

/*
 * Hands over to libFuzzer, or gives -1 in a program that was built without it. libFuzzer's own `main` wants one function
 * of a fixed name in each program; its driver takes any, so that one program can have all fuzzers.
 */
int drydock_fuzz_run(int count, char *_Nullable *_Nonnull arguments, drydock_fuzz_body body);

#pragma clang assume_nonnull end

#endif
