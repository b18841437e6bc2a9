/* UTF-8 character by character, for text that may hold anything. */
#ifndef FW_CORE_UTF8_H
#define FW_CORE_UTF8_H

#include <stddef.h>
#include <stdint.h>

/* The character at the start of `length` bytes into *code. Returns its bytes, 1 to 4; 0 when they do not start with a
 * valid character (overlong forms and surrogates are none), or when length is 0. */
int fw_utf8_next(uint32_t *code, const char *text, size_t length);

#endif
