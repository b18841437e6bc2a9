/* A dictionary: distinct texts numbered in order of first appearance. Columns of a table and vocabularies are built on
 * it.
 *
 * Code 0 is reserved for "missing" and has the empty text; texts get 1, 2, ... Texts live in one heap, slots are an
 * open addressing table under a keyed hash (the key differs from run to run and never shows in a result), so that no
 * file can be made to collide on purpose. Texts of up to 8 bytes are compared inside their slot.
 *
 * Finding is safe from many threads; adding has one writer. */
#ifndef FW_SPACE_DICTIONARY_H
#define FW_SPACE_DICTIONARY_H

#include <stdbool.h>
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

/* The code of a text, or FW_DICTIONARY_NONE. The empty text has code 0. */
uint32_t fw_dictionary_find(const struct fw_dictionary *dictionary, struct fw_text text);

/* The code of a text, added when new. `line` is remembered as the place of its first appearance. */
FW_NODISCARD
enum fw_status fw_dictionary_add(uint32_t *code_out, struct fw_dictionary *dictionary, struct fw_text text,
                                 uint64_t line, struct fw_error *err);

/* The texts that stand for "missing" in a file: the usual ones and the user's. */
struct fw_missing_set {
    struct fw_text texts[64]; /* borrowed */
    int64_t n;
    bool first[256]; /* by first byte: whether any begins so */
};

/* ?, NA, N/A, NaN, nan, null, NULL, None and \N, then n texts more (borrowed). The empty text always is one. FW_E_ARG
 * for more than 50. */
FW_NODISCARD
enum fw_status fw_missing_set_init(struct fw_missing_set *set, const char *const *more, int64_t n,
                                   struct fw_error *err);
bool fw_missing_set_has(const struct fw_missing_set *set, struct fw_text text);

/* Texts of one fw_dictionary_add_many. */
#define FW_DICTIONARY_BATCH 256

/* As fw_dictionary_add for n <= FW_DICTIONARY_BATCH texts in turn, several times faster. Text i stands on line
 * first_line + line_offsets[i]; what is in `missing` gets code 0 (and is not found later). On failure some texts may
 * have been added. */
FW_NODISCARD
enum fw_status fw_dictionary_add_many(uint32_t *codes, struct fw_dictionary *dictionary, const struct fw_text *texts,
                                      int64_t n, const uint32_t *line_offsets, int64_t first_line,
                                      const struct fw_missing_set *missing, struct fw_error *err);

/* Gives back room kept for growth. */
void fw_dictionary_shrink(struct fw_dictionary *dictionary);

/* The line given when the code was added; 0 for code 0. */
uint64_t fw_dictionary_line(const struct fw_dictionary *dictionary, uint32_t code);

#endif
