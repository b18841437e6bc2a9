/* Text of unknown origin for terminals and JSON: names and cells of data are whatever somebody put there. */
#ifndef FW_CLI_UTF8_H
#define FW_CLI_UTF8_H

#include <stdint.h>

#include "core/text.h"

/* The character at `text` (NUL-terminated, not empty) into *code. Returns its bytes, 1 to 4; 0 when the first byte does
 * not start a valid UTF-8 character. */
int cli_utf8_next(uint32_t *code, const char *text);

/* How many columns of a terminal a printable text takes: 0 for combining marks, 2 for wide characters (East Asian,
 * emoji), 1 for the others. */
int cli_utf8_width(const char *text);

/* Appends the text as a terminal may get it: control characters, invalid bytes and marks that turn the direction of
 * writing become \xNN or \u{NNNN}. */
void cli_utf8_add_printable(struct fw_buffer *out, const char *text);

/* Appends the text as JSON may hold it: each invalid byte becomes U+FFFD. */
void cli_utf8_add_valid(struct fw_buffer *out, const char *text);

#endif
