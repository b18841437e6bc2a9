#include "results/insight/figure_names.h"

#include <stddef.h>
#include <string.h>

static const struct {
    const char *name;
    bool maximise;
} known[] = {
    {"auc", true},
    {"accuracy", true},
    {"r2", true},
    {"recall", true},
    {"gain", true},
    {"logloss_gain", true},
    {"screen", true},
    {"reward", true},
    {"test", true},
    {"logloss", false},
    {"loss", false},
    {"train_loss", false},
    {"train loss", false},
    {"mse", false},
    {"rmse", false},
    {"mae", false},
    {"relative_mse", false},
    {"bytes", false},
    {"served bytes", false},
    {"seconds", false},
    {"search_seconds", false},
    {"score_us", false},
    {"parameters", false},
    {"rows", false},
    {"epochs", false},
    {"ids", false},
    {"connections", false},
    {"sub-networks", false},
    {"multiplications", false},
};

static bool look_up(bool *out, const char *name, size_t length)
{
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        if (strlen(known[i].name) == length && memcmp(known[i].name, name, length) == 0) {
            *out = known[i].maximise;
            return true;
        }
    }
    return false;
}

bool fw_figure_direction(bool *maximise_out, const char *name)
{
    static const char *const prefixes[] = {"best_", "mean "};
    for (size_t p = 0; p < sizeof prefixes / sizeof prefixes[0]; p++) {
        size_t length = strlen(prefixes[p]);
        if (strncmp(name, prefixes[p], length) == 0)
            name += length;
    }
    if (look_up(maximise_out, name, strlen(name)))
        return true;
    /* "auc income", "recall@10", "auc:0.5": a figure of a task, of a length, of a weight */
    size_t head = strcspn(name, " @:");
    return name[head] != '\0' && look_up(maximise_out, name, head);
}
