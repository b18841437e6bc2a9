/* The options of a generated table: kinds, defaults, ranges. */
#include <string.h>

#include "space/synth/synth_model.h"

static const char *const kind_names[] = {"crosses", "criteo", "sizes"};
enum { n_kinds = sizeof kind_names / sizeof *kind_names };

const char *fw_synth_kind_name(enum fw_synth_kind kind)
{
    return kind_names[kind];
}

bool fw_synth_kind_find(enum fw_synth_kind *out, const char *name)
{
    for (int k = 0; k < n_kinds; k++) {
        if (strcmp(name, kind_names[k]) == 0) {
            *out = (enum fw_synth_kind)k;
            return true;
        }
    }
    return false;
}

static const struct fw_synth_options defaults[] = {
    [FW_SYNTH_CROSSES] = {.kind = FW_SYNTH_CROSSES,
                          .rows = 20000,
                          .seed = 1,
                          .categorical = 8,
                          .numeric = 4,
                          .noise = 4,
                          .cardinality = 12,
                          .power = 1.1,
                          .planted = 3,
                          .min_order = 2,
                          .max_order = 3,
                          .strength = 1,
                          .main_strength = 0.5,
                          .positive_rate = 0.25,
                          .missing_rate = 0.01,
                          .delimiter = ',',
                          .header = true},
    [FW_SYNTH_CRITEO] = {.kind = FW_SYNTH_CRITEO,
                         .rows = 20000,
                         .seed = 1,
                         .categorical = 26,
                         .numeric = 13,
                         .power = 1.1,
                         .planted = 3,
                         .min_order = 2,
                         .max_order = 2,
                         .strength = 1,
                         .main_strength = 0.15,
                         .positive_rate = 0.256,
                         .missing_rate = 1,
                         .delimiter = '\t'},
    /* 500 values: at 100,000 rows a factorisation machine learns something about the rarest of them, too */
    [FW_SYNTH_SIZES] = {.kind = FW_SYNTH_SIZES,
                        .rows = 100000,
                        .seed = 1,
                        .tail = 3,
                        .head = 3,
                        .useless = 3,
                        .rank = 4,
                        .cardinality = 500,
                        .power = 0.8,
                        .min_order = 2,
                        .max_order = 2,
                        .strength = 1.2,
                        .main_strength = 0.4,
                        .positive_rate = 0.25,
                        .missing_rate = 0.01,
                        .delimiter = ',',
                        .header = true},
};
_Static_assert(sizeof defaults / sizeof *defaults == n_kinds, "defaults of each kind");

void fw_synth_options_init(struct fw_synth_options *options, enum fw_synth_kind kind)
{
    *options = defaults[kind];
}

struct range {
    const char *name;
    double value, low, high;
};

enum fw_status fw_synth_options_check(const struct fw_synth_options *o, struct fw_error *err)
{
    bool criteo = o->kind == FW_SYNTH_CRITEO;
    bool sizes = o->kind == FW_SYNTH_SIZES;
    double most = sizes ? 0 : 10000; /* columns that tables of kind "sizes" do not have */
    const struct range ranges[] = {
        {"rows", (double)o->rows, 1, 0x1p48},
        {"categorical", (double)o->categorical, criteo ? 26 : 0, criteo ? 26 : most},
        {"numeric", (double)o->numeric, criteo ? 13 : 0, criteo ? 13 : 10000},
        {"noise", (double)o->noise, 0, criteo ? 0 : most},
        {"tail", (double)o->tail, 0, sizes ? 1000 : 0},
        {"head", (double)o->head, 0, sizes ? 1000 : 0},
        {"useless", (double)o->useless, 0, sizes ? 1000 : 0},
        {"rank", o->rank, sizes ? 1 : 0, sizes ? FW_SYNTH_MAX_RANK : 0},
        {"cardinality", (double)o->cardinality, criteo && o->cardinality == 0 ? 0 : 2, sizes ? 0x1p20 : 0x1p30},
        {"power", o->power, 0, 10},
        {"planted", o->planted, 0, sizes ? 0 : 1000},
        {"min-order", o->min_order, 2, FW_SYNTH_MAX_ORDER},
        {"max-order", o->max_order, o->min_order, FW_SYNTH_MAX_ORDER},
        {"strength", o->strength, 0, 100},
        {"main-strength", o->main_strength, 0, 100},
        {"positive-rate", o->positive_rate, 1e-6, 1 - 1e-6},
        {"missing-rate", o->missing_rate, 0, criteo ? 1.25 : 0.95},
    };
    for (size_t i = 0; i < sizeof ranges / sizeof *ranges; i++) {
        const struct range *r = &ranges[i];
        if (!(r->value >= r->low && r->value <= r->high))
            return fw_error_set(err, FW_E_ARG, "%s is %.15g; a table of kind '%s' takes %.15g to %.15g", r->name,
                                r->value, fw_synth_kind_name(o->kind), r->low, r->high);
    }
    if (strchr(",;\t| ", o->delimiter) == NULL || o->delimiter == '\0')
        return fw_error_set(err, FW_E_ARG, "the delimiter is '%c'; it may be , ; | a tab or a space", o->delimiter);
    if (sizes && o->tail + o->head < 2)
        return fw_error_set(err, FW_E_ARG, "tail and head are %lld together; pairs of columns take at least 2",
                            (long long)(o->tail + o->head));
    if (!sizes && o->categorical + o->numeric + o->noise == 0)
        return fw_error_set(err, FW_E_ARG, "a table of no columns was asked for");
    return FW_OK;
}
