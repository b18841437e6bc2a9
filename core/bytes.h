/* Binary records for model files: little-endian numbers and counted texts, appended to a buffer and read back with
 * every length checked. A reader never trusts a count before it has seen that many bytes. */
#ifndef FW_CORE_BYTES_H
#define FW_CORE_BYTES_H

#include <stddef.h>
#include <stdint.h>

#include "core/status.h"
#include "core/text.h"

void fw_bytes_put_u32(struct fw_buffer *buffer, uint32_t value);
void fw_bytes_put_u64(struct fw_buffer *buffer, uint64_t value);
void fw_bytes_put_f64(struct fw_buffer *buffer, double value);
void fw_bytes_put_text(struct fw_buffer *buffer, struct fw_text text); /* a u64 length, then the bytes */
void fw_bytes_put_raw(struct fw_buffer *buffer, const void *data, size_t n);

/* Reads from borrowed bytes; `what` names them in messages ("the vocabulary of column 'job'"). */
struct fw_bytes_reader {
    const unsigned char *data;
    size_t size;
    size_t at;
    const char *what;
};

/* Each fails with FW_E_CORRUPT when the bytes end early. */
FW_NODISCARD
enum fw_status fw_bytes_get_u32(uint32_t *value, struct fw_bytes_reader *reader, struct fw_error *err);
FW_NODISCARD
enum fw_status fw_bytes_get_u64(uint64_t *value, struct fw_bytes_reader *reader, struct fw_error *err);
FW_NODISCARD
enum fw_status fw_bytes_get_f64(double *value, struct fw_bytes_reader *reader, struct fw_error *err);
/* The text is borrowed from the reader's bytes. */
FW_NODISCARD
enum fw_status fw_bytes_get_text(struct fw_text *text, struct fw_bytes_reader *reader, struct fw_error *err);
FW_NODISCARD
enum fw_status fw_bytes_get_raw(void *to, size_t n, struct fw_bytes_reader *reader, struct fw_error *err);

/* A count of records of at least `record` bytes each that must still fit into the rest; FW_E_CORRUPT otherwise, so that
 * no damaged count leads to a huge allocation. */
FW_NODISCARD
enum fw_status fw_bytes_get_count(int64_t *count, size_t record, struct fw_bytes_reader *reader, struct fw_error *err);

/* The usual message for damaged contents. */
enum fw_status fw_bytes_corrupt(const struct fw_bytes_reader *reader, struct fw_error *err);

#endif
