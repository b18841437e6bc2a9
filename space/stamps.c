#include "space/stamps.h"

#include <string.h>

int fw_stamps_compare(const void *a, const void *b)
{
    const struct fw_stamp *x = a;
    const struct fw_stamp *y = b;
    if (x->text.data != NULL) {
        int order = memcmp(x->text.data, y->text.data, x->text.length);
        if (order != 0)
            return order;
    } else if (x->number != y->number) {
        return x->number < y->number ? -1 : 1;
    }
    return (x->row > y->row) - (x->row < y->row);
}

enum fw_status fw_stamps_read(struct fw_stamp *stamps, const struct fw_table *table, int64_t column,
                              struct fw_error *err)
{
    bool texts = false;
    size_t length = 0;
    char scratch[32];
    for (int64_t row = 0; row < table->n_rows; row++) {
        struct fw_text text = fw_table_text(table, column, row, scratch);
        stamps[row] = (struct fw_stamp){.row = row};
        if (row == 0) {
            texts = !fw_text_to_double(text, &stamps[0].number);
            length = text.length;
        }
        bool good = text.length > 0 && (texts ? text.length == length : fw_text_to_double(text, &stamps[row].number));
        if (!good)
            return fw_error_set(
                err, FW_E_INPUT,
                "%s:%lld: the time column '%s' has '%.*s'; times must all be numbers or all be texts of "
                "one length that sort by time, as 2024-05-01 does",
                table->path, (long long)fw_table_line(table, row), table->columns[column].name,
                (int)(text.length < 60 ? text.length : 60), text.length > 0 ? text.data : "");
        if (texts)
            stamps[row].text = text;
    }
    return FW_OK;
}
