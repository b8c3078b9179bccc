#include "FuzzDriver.h"

/* libFuzzer's, which is there only where `-sanitize=fuzzer` linked it. */
extern int LLVMFuzzerRunDriver(int *count, char ***arguments, drydock_fuzz_body body) __attribute__((weak));

int drydock_fuzz_run(int count, char **arguments, drydock_fuzz_body body) {
  return LLVMFuzzerRunDriver ? LLVMFuzzerRunDriver(&count, &arguments, body) : -1;
}
