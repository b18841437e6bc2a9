#include "core/bytes.h"

#include <string.h>

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "files are little-endian; this port needs byte swaps here");

void fw_bytes_put_raw(struct fw_buffer *buffer, const void *data, size_t n)
{
    fw_buffer_add(buffer, data, n);
}

void fw_bytes_put_u32(struct fw_buffer *buffer, uint32_t value)
{
    fw_bytes_put_raw(buffer, &value, sizeof value);
}

void fw_bytes_put_u64(struct fw_buffer *buffer, uint64_t value)
{
    fw_bytes_put_raw(buffer, &value, sizeof value);
}

void fw_bytes_put_f64(struct fw_buffer *buffer, double value)
{
    fw_bytes_put_raw(buffer, &value, sizeof value);
}

void fw_bytes_put_text(struct fw_buffer *buffer, struct fw_text text)
{
    fw_bytes_put_u64(buffer, text.length);
    fw_bytes_put_raw(buffer, text.data, text.length);
}

enum fw_status fw_bytes_corrupt(const struct fw_bytes_reader *reader, struct fw_error *err)
{
    return fw_error_set(err, FW_E_CORRUPT, "%s is damaged at byte %zu of %zu; write the file again", reader->what,
                        reader->at, reader->size);
}

enum fw_status fw_bytes_get_raw(void *to, size_t n, struct fw_bytes_reader *reader, struct fw_error *err)
{
    if (n > reader->size - reader->at)
        return fw_bytes_corrupt(reader, err);
    if (n > 0)
        memcpy(to, reader->data + reader->at, n);
    reader->at += n;
    return FW_OK;
}

enum fw_status fw_bytes_get_u32(uint32_t *value, struct fw_bytes_reader *reader, struct fw_error *err)
{
    return fw_bytes_get_raw(value, sizeof *value, reader, err);
}

enum fw_status fw_bytes_get_u64(uint64_t *value, struct fw_bytes_reader *reader, struct fw_error *err)
{
    return fw_bytes_get_raw(value, sizeof *value, reader, err);
}

enum fw_status fw_bytes_get_f64(double *value, struct fw_bytes_reader *reader, struct fw_error *err)
{
    return fw_bytes_get_raw(value, sizeof *value, reader, err);
}

enum fw_status fw_bytes_get_text(struct fw_text *text, struct fw_bytes_reader *reader, struct fw_error *err)
{
    uint64_t length = 0;
    FW_TRY(fw_bytes_get_u64(&length, reader, err));
    if (length > reader->size - reader->at)
        return fw_bytes_corrupt(reader, err);
    *text = (struct fw_text){(const char *)reader->data + reader->at, (size_t)length};
    reader->at += (size_t)length;
    return FW_OK;
}

enum fw_status fw_bytes_get_count(int64_t *count, size_t record, struct fw_bytes_reader *reader, struct fw_error *err)
{
    uint64_t n = 0;
    FW_TRY(fw_bytes_get_u64(&n, reader, err));
    if (n > (reader->size - reader->at) / (record > 0 ? record : 1))
        return fw_bytes_corrupt(reader, err);
    *count = (int64_t)n;
    return FW_OK;
}
