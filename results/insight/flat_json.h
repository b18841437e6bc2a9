/* A JSON object as a flat list of names and values, so that options and candidates can be compared member by member and
 * taken apart into columns.
 *
 *     {"model":"fm","settings":{"rate":0.1},"lambdas":[1,2]}   model = fm, settings.rate = 0.1, lambdas = [1,2]
 *
 * Members of objects are joined by dots. Elements of a list of objects are named by their member "model", "input" or
 * "name", or else by their place from 1: models.fm.dim. The strips of an embedding are one value, "662x12+1543x8", or
 * "none". Other lists are one value, their compact JSON. */
#ifndef FW_RESULTS_FLAT_JSON_H
#define FW_RESULTS_FLAT_JSON_H

#include <stdint.h>

#include "core/status.h"
#include "results/store/text_pool.h"

struct fw_flat_member {
    const char *name;
    const char *value; /* a text as it is, other values as JSON */
    double number;     /* NaN: the value is no number */
};

struct fw_flat {
    struct fw_flat_member *rows; /* sorted by name */
    int64_t n, capacity;
    struct fw_text_pool texts;
};

/* A text that is no JSON object becomes a single member without a name, "" = the text; NULL has no members.
 * FW_E_NOMEM; then there is nothing to clear. */
FW_NODISCARD
enum fw_status fw_flat_read(struct fw_flat *out, const char *json, struct fw_allocator *mem, struct fw_error *err);
void fw_flat_clear(struct fw_flat *flat);

/* The member of that name; NULL: there is none. */
const struct fw_flat_member *fw_flat_find(const struct fw_flat *flat, const char *name);

#endif
