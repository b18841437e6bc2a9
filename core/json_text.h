/* JSON written piece by piece into a buffer, for documents too large for a tree (json.h is for the others). The caller
 * puts the brackets, commas and names; these put values.
 *
 * Bytes that are no UTF-8 become lone surrogates, 0xE9 becomes \udce9: in Python, json.loads(...) followed by
 * .encode("utf-8", "surrogateescape") gives the original bytes. */
#ifndef FW_CORE_JSON_TEXT_H
#define FW_CORE_JSON_TEXT_H

#include "core/text.h"

/* A text in quotes, with what JSON wants escaped. */
void fw_json_put_text(struct fw_buffer *out, struct fw_text text);

/* A finished piece of JSON, as it is but for bytes that are no UTF-8 (which can stand in its texts only). */
void fw_json_put_raw(struct fw_buffer *out, struct fw_text json);

/* A finite number in the shortest form that reads back exactly; for a float, from a reader that goes through double. */
void fw_json_put_double(struct fw_buffer *out, double value);
void fw_json_put_float(struct fw_buffer *out, float value);

#endif
