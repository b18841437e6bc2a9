/* The vocabulary of a categorical column: its texts as ids by falling frequency over the training rows, so that a
 * prefix of the ids is the popular part (embedding sizing depends on it). Texts seen less often than `min_count` share
 * the id of unknown texts, which thereby learns what a rare text is worth. */
#ifndef FW_SPACE_VOCABULARY_H
#define FW_SPACE_VOCABULARY_H

#include <stdint.h>

#include "core/alloc.h"
#include "core/bytes.h"
#include "core/text.h"

struct fw_vocabulary;
struct fw_dictionary;

/* counts: (fw_dictionary_size(texts)) training rows with each code; code 0 (missing) is passed over. Ties go to the
 * text that appeared first. At most max_ids texts are kept (0: no limit). */
FW_NODISCARD
enum fw_status fw_vocabulary_learn(struct fw_vocabulary **out, const struct fw_dictionary *texts, const int64_t *counts,
                                   int64_t min_count, int64_t max_ids, struct fw_allocator *mem, struct fw_error *err);
void fw_vocabulary_destroy(struct fw_vocabulary *vocabulary); /* NULL is a no-op */

/* Number of ids, unknown and missing included. */
int64_t fw_vocabulary_size(const struct fw_vocabulary *vocabulary);

/* The id of a text: FW_ID_UNKNOWN when it is not in the vocabulary. Missing is the caller's to know. */
uint32_t fw_vocabulary_id(const struct fw_vocabulary *vocabulary, struct fw_text text);

/* The text of an id from FW_ID_FIRST on; borrowed. */
struct fw_text fw_vocabulary_text(const struct fw_vocabulary *vocabulary, uint32_t id);

void fw_vocabulary_write(const struct fw_vocabulary *vocabulary, struct fw_buffer *buffer);
FW_NODISCARD
enum fw_status fw_vocabulary_read(struct fw_vocabulary **out, struct fw_bytes_reader *reader, struct fw_allocator *mem,
                                  struct fw_error *err);

#endif
