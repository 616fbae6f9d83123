/* 64-bit FNV-1a: tells whether two configurations differ; no protection against an adversary. */
#ifndef MUSTER_CONFIG_FINGERPRINT_H
#define MUSTER_CONFIG_FINGERPRINT_H

#include <stddef.h>
#include <stdint.h>

#define FINGERPRINT_START 0xcbf29ce484222325u

void fingerprint_add(uint64_t *fingerprint, const void *data, size_t size);

/* A text with its end, so that "ab","c" is not "a","bc"; NULL differs from "". */
void fingerprint_add_text(uint64_t *fingerprint, const char *text);

/* The texts of a NULL-ended array, which may be NULL. */
void fingerprint_add_texts(uint64_t *fingerprint, char *const *texts);

#endif
