/* Where the characters stand that give a CSV text its structure: delimiter, newline, quote and NUL, as one bit a byte.
 * Finding rows and fields is then a walk over set bits instead of a look at every byte. */
#ifndef FW_SPACE_CSV_MARKS_H
#define FW_SPACE_CSV_MARKS_H

#include <stdint.h>

/* marks: (n_words) bit i of word w tells whether text[64 w + i] is delimiter, quote, '\n' or '\0'.
 * text: (64 n_words) bytes, all of them readable. */
void fw_csv_marks(uint64_t *restrict marks, const char *restrict text, int64_t n_words, char delimiter, char quote);

/* The same, a byte at a time: what the fast one is tested against, and its stand-in on other processors. */
void fw_csv_marks_ref(uint64_t *restrict marks, const char *restrict text, int64_t n_words, char delimiter, char quote);

#endif
