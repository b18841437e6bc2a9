#include "search/settings/tune_method.h"

#include <string.h>

int32_t fw_tune_hyperband_s_max(int64_t max_epochs)
{
    int32_t s = 0;
    for (int64_t left = max_epochs / FW_TUNE_ETA; left > 0; left /= FW_TUNE_ETA)
        s++;
    return s;
}

static int64_t power_of_eta(int32_t exponent)
{
    int64_t power = 1;
    for (int32_t i = 0; i < exponent; i++)
        power *= FW_TUNE_ETA;
    return power;
}

void fw_tune_hyperband_bracket(struct fw_tune_bracket *out, int32_t s, int64_t max_epochs)
{
    int64_t brackets = fw_tune_hyperband_s_max(max_epochs) + 1;
    memset(out, 0, sizeof *out);
    out->n = (brackets * power_of_eta(s) + s) / (s + 1);
    out->n_rungs = s + 1;
    for (int32_t i = 0; i <= s; i++) {
        int64_t divisor = power_of_eta(s - i);
        int64_t epochs = (2 * max_epochs + divisor) / (2 * divisor);
        out->epochs[i] = epochs > 0 ? epochs : 1;
    }
}

int64_t fw_tune_rung_size(int64_t n, int32_t rung)
{
    for (int32_t i = 0; i < rung; i++)
        n = n / FW_TUNE_ETA > 0 || n == 0 ? n / FW_TUNE_ETA : 1;
    return n;
}

static void hyperband_bracket(struct fw_tune_bracket *out, int64_t number, int64_t max_epochs)
{
    int32_t s_max = fw_tune_hyperband_s_max(max_epochs);
    fw_tune_hyperband_bracket(out, s_max - (int32_t)(number % (s_max + 1)), max_epochs);
}

/* The defaults and one round of all brackets. */
static int64_t hyperband_trials(int64_t max_epochs)
{
    int64_t trials = 1;
    for (int32_t s = fw_tune_hyperband_s_max(max_epochs); s >= 0; s--) {
        struct fw_tune_bracket bracket;
        fw_tune_hyperband_bracket(&bracket, s, max_epochs);
        trials += bracket.n;
    }
    return trials;
}

const struct fw_tune_method fw_tune_method_hyperband = {
    .api = FW_TUNE_METHOD_API,
    .name = "hyperband",
    .summary = "many drawn, each for a few epochs; the best go on (default)",
    .bracket = hyperband_bracket,
    .trials = hyperband_trials,
};

static void random_bracket(struct fw_tune_bracket *out, int64_t number, int64_t max_epochs)
{
    (void)number;
    memset(out, 0, sizeof *out);
    out->n = 1;
    out->n_rungs = 1;
    out->epochs[0] = max_epochs;
}

static int64_t random_trials(int64_t max_epochs)
{
    (void)max_epochs;
    return 30;
}

const struct fw_tune_method fw_tune_method_random = {
    .api = FW_TUNE_METHOD_API,
    .name = "random",
    .summary = "each drawn and trained in full",
    .bracket = random_bracket,
    .trials = random_trials,
};

static const struct fw_tune_method *const methods[] = {&fw_tune_method_hyperband, &fw_tune_method_random, NULL};

const struct fw_tune_method *const *fw_tune_method_list(void)
{
    return methods;
}

enum fw_status fw_tune_method_find(const struct fw_tune_method **out, const char *name, struct fw_error *err)
{
    for (int32_t m = 0; methods[m] != NULL; m++) {
        if (strcmp(methods[m]->name, name) == 0) {
            *out = methods[m];
            return FW_OK;
        }
    }
    return fw_error_set(err, FW_E_ARG, "there is no method '%s'; there are hyperband and random", name);
}
