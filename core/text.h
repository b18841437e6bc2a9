/* Text: views, growing buffers, numbers as text. Nothing here depends on the locale. */
#ifndef FW_CORE_TEXT_H
#define FW_CORE_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/alloc.h"
#include "core/status.h"

/* A piece of text that belongs to someone else; not NUL-terminated. */
struct fw_text {
    const char *data; /* may be NULL when length is 0 */
    size_t length;    /* bytes */
};

/* A view of a NUL-terminated text. */
struct fw_text fw_text_of(const char *text);

bool fw_text_equal(struct fw_text a, struct fw_text b);
bool fw_text_equal_ignoring_case(struct fw_text a, struct fw_text b); /* ASCII case */

/* The text without spaces and tabs at both ends. */
struct fw_text fw_text_trim(struct fw_text text);

/* A growing, always NUL-terminated buffer. Appends after a refused allocation are dropped and `failed` is set, so that
 * a long sequence of appends needs one check at its end. */
struct fw_buffer {
    struct fw_allocator *mem;
    char *data;
    int64_t length;
    int64_t capacity;
    bool failed;
};

void fw_buffer_init(struct fw_buffer *buffer, struct fw_allocator *mem);
void fw_buffer_clear(struct fw_buffer *buffer); /* frees */
void fw_buffer_add(struct fw_buffer *buffer, const char *data, size_t n);
void fw_buffer_add_text(struct fw_buffer *buffer, const char *text);
void fw_buffer_cut(struct fw_buffer *buffer, int64_t length); /* back to what it held when it was of this length */
void fw_buffer_addf(struct fw_buffer *buffer, const char *format, ...) FW_PRINTF(2, 3);

/* FW_E_NOMEM when an append was dropped. */
FW_NODISCARD
enum fw_status fw_buffer_check(const struct fw_buffer *buffer, struct fw_error *err);

/* Reads a whole decimal number: [+-]digits[.digits][e[+-]digits], nothing else: no hexadecimal, no "nan" or "inf", no
 * spaces. Correctly rounded. Returns false when the text is no such number or is out of the range of a double. */
bool fw_text_to_double(struct fw_text text, double *value);

/* Reads a whole decimal integer in the range of int64. */
bool fw_text_to_int(struct fw_text text, int64_t *value);

/* Writes the shortest decimal form that reads back to the same double. Returns the length; at most 32 with the NUL. */
int fw_text_from_double(char out[32], double value);

/* The same for a float: the shortest form that, read as a double and rounded to a float, is the value. */
int fw_text_from_float(char out[32], float value);

/* "1.5 GiB", "812 KiB"; "12,345,678"; "1.2 s", "3 min 20 s". Each returns `out`. */
char *fw_text_bytes(char out[32], double bytes);
char *fw_text_count(char out[32], int64_t count);
char *fw_text_duration(char out[32], double seconds);

/* "64MB", "1.5GiB", "2g", "1024": bytes, powers of 1024. False when not a size. */
bool fw_text_to_bytes(struct fw_text text, size_t *bytes);

/* "90", "90s", "15m", "2h", "500ms": seconds. False when not a duration. */
bool fw_text_to_seconds(struct fw_text text, double *seconds);

#endif
