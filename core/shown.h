/* Text of unknown origin made fit for where it goes: names and cells of data are whatever somebody put there. */
#ifndef FW_CORE_SHOWN_H
#define FW_CORE_SHOWN_H

#include "core/text.h"

/* How many columns of a terminal a printable text takes: 0 for combining marks, 2 for wide characters (East Asian,
 * emoji), 1 for the others. */
int fw_shown_width(struct fw_text text);

/* Appends the text as a terminal may get it: control characters, invalid bytes and marks that turn the direction of
 * writing become \xNN or \u{NNNN}. */
void fw_shown_add(struct fw_buffer *out, struct fw_text text);

/* Appends the text as JSON may hold it: each invalid byte becomes U+FFFD. */
void fw_shown_add_valid(struct fw_buffer *out, struct fw_text text);

#endif
