/* UTF-8 character by character, for text that may hold anything. */
#ifndef FW_CORE_UTF8_H
#define FW_CORE_UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The character at the start of `length` bytes into *code. Returns its bytes, 1 to 4; 0 when they do not start with a
 * valid character (overlong forms and surrogates are none), or when length is 0. */
int fw_utf8_next(uint32_t *code, const char *text, size_t length);

/* Whether a character must not be shown as it is: C0 and C1 controls, line separators, marks that turn the direction of
 * writing, the two noncharacters that XML forbids. */
bool fw_utf8_is_unsafe(uint32_t code);

/* How many columns of a terminal a printable character takes: 0 for combining marks, 2 for wide characters (East Asian,
 * emoji), 1 for the others. */
int fw_utf8_columns(uint32_t code);

/* The character at the start of `length` bytes (at least 1) as a terminal may get it, with its columns: what is unsafe
 * or no valid character becomes \xNN or \u{NNNN}. Returns the bytes of the text that it stands for. */
#define FW_UTF8_SHOWN_SIZE 12
int fw_utf8_shown(char out[FW_UTF8_SHOWN_SIZE], int *columns, const char *text, size_t length);

#endif
