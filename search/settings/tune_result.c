#include "search/settings/tune_result.h"

#include <math.h>
#include <string.h>

#include "core/numeric.h"
#include "evaluators/significance.h"

/* Error that is allowed for all comparisons with the defaults together. */
#define ALPHA 0.05

/* Of the intervals that an objective gives. */
#define LEVEL 0.95

bool fw_tune_is_better(double a, double b, enum fw_objective objective)
{
    if (isnan(a) || isnan(b))
        return !isnan(a) && isnan(b);
    return objective == FW_OBJECTIVE_AUC ? a > b : a < b;
}

void fw_tune_result_clear(struct fw_tune_result *result, struct fw_allocator *mem)
{
    fw_free(mem, result->trials);
    memset(result, 0, sizeof *result);
}

int64_t fw_tune_result_top(int64_t *top, int64_t n, const struct fw_tune_result *result, enum fw_objective objective)
{
    int64_t found = 0;
    while (found < n) {
        int64_t next = -1;
        for (int64_t i = 0; i < result->n_trials; i++) {
            const struct fw_tune_trial *trial = &result->trials[i];
            bool taken = trial->failed;
            for (int64_t k = 0; k < found && !taken; k++)
                taken = result->trials[top[k]].configuration == trial->configuration;
            if (taken)
                continue;
            const struct fw_tune_trial *best = next >= 0 ? &result->trials[next] : NULL;
            if (best == NULL || fw_tune_is_better(trial->objective, best->objective, objective) ||
                (trial->objective == best->objective && trial->epochs < best->epochs))
                next = i;
        }
        if (next < 0)
            break;
        top[found++] = next;
    }
    return found;
}

bool fw_tune_gain_is_sure(const struct fw_tune_result *result, const struct fw_tune_trial *trial)
{
    int64_t compared = 0;
    for (int64_t i = 0; i < result->n_trials; i++)
        compared += !isnan(result->trials[i].gain);
    double se = (trial->gain_high - trial->gain_low) / (2 * fw_normal_quantile(0.5 + LEVEL / 2));
    return !isnan(se) && trial->gain > fw_significance_threshold(ALPHA, compared) * se;
}
