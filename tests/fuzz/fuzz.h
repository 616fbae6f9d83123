/* What a fuzzer gives: main.c runs it, or libFuzzer where the program is linked with that instead.
 */
#ifndef MUSTER_TESTS_FUZZ_FUZZ_H
#define MUSTER_TESTS_FUZZ_FUZZ_H

#include <stddef.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Stops the program where something does not hold, so that either driver sees it. */
#define FUZZ_REQUIRE(what) ((what) ? (void)0 : __builtin_trap())

#endif
