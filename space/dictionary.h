/* A dictionary: distinct texts numbered in order of first appearance. Columns of a table and vocabularies are built on
 * it.
 *
 * Code 0 is reserved for "missing" and has the empty text; texts get 1, 2, ... Texts live in one heap, slots are an
 * open addressing table keyed by XXH3 with a seed, so that no file can be made to collide on purpose.
 *
 * Finding is safe from many threads; adding has one writer. */
#ifndef FW_SPACE_DICTIONARY_H
#define FW_SPACE_DICTIONARY_H

#include <stdint.h>

#include "core/alloc.h"
#include "core/text.h"

#define FW_DICTIONARY_NONE UINT32_MAX

struct fw_dictionary;

/* An empty dictionary (one entry: missing). */
FW_NODISCARD
enum fw_status fw_dictionary_create(struct fw_dictionary **out, struct fw_allocator *mem, struct fw_error *err);
void fw_dictionary_destroy(struct fw_dictionary *dictionary); /* NULL is a no-op */

/* Number of codes, the reserved 0 included. */
int64_t fw_dictionary_size(const struct fw_dictionary *dictionary);

/* Bytes it holds. */
size_t fw_dictionary_bytes(const struct fw_dictionary *dictionary);

/* The text of a code; borrowed until the next add. */
struct fw_text fw_dictionary_text(const struct fw_dictionary *dictionary, uint32_t code);

/* The code of a text, or FW_DICTIONARY_NONE. */
uint32_t fw_dictionary_find(const struct fw_dictionary *dictionary, struct fw_text text);

/* The code of a text, added when new. `line` is remembered as the place of its first appearance. */
FW_NODISCARD
enum fw_status fw_dictionary_add(uint32_t *code_out, struct fw_dictionary *dictionary, struct fw_text text,
                                 uint64_t line, struct fw_error *err);

/* The line given when the code was added; 0 for code 0. */
uint64_t fw_dictionary_line(const struct fw_dictionary *dictionary, uint32_t code);

#endif
