#include "search/controller/choice_table.h"

#include <inttypes.h>
#include <stddef.h>

#define MOST_BYTES (INT64_C(1) << 62)

static enum fw_status check_decisions(const struct fw_choice_table *table, struct fw_error *err)
{
    if (table->n_decisions < 1 || table->first == NULL || table->first[0] != 0)
        return fw_error_set(err, FW_E_ARG, "a table of %" PRId32 " decisions; give at least 1, with choices from 0",
                            table->n_decisions);
    for (int32_t d = 0; d < table->n_decisions; d++) {
        if (table->first[d + 1] <= table->first[d])
            return fw_error_set(err, FW_E_ARG, "decision %" PRId32 " has no choice; give it at least 1", d);
    }
    return FW_OK;
}

/* Before any feature is read: a start out of order would lead beyond the end. */
static enum fw_status check_starts(const struct fw_choice_table *table, struct fw_error *err)
{
    if (table->feature_start[0] != 0)
        return fw_error_set(err, FW_E_ARG, "the features of choice 0 start at %" PRId64 "; give 0",
                            table->feature_start[0]);
    for (int32_t choice = 0; choice < fw_choice_table_choices(table); choice++) {
        if (table->feature_start[choice + 1] < table->feature_start[choice])
            return fw_error_set(err, FW_E_ARG, "the features of choice %" PRId32 " end before they start", choice);
    }
    return FW_OK;
}

static enum fw_status check_choice(const struct fw_choice_table *table, int32_t choice, struct fw_error *err)
{
    if (table->cost[choice] < 0)
        return fw_error_set(err, FW_E_ARG, "choice %" PRId32 " costs %" PRId64 " bytes; give 0 or more", choice,
                            table->cost[choice]);
    for (int64_t i = table->feature_start[choice]; i < table->feature_start[choice + 1]; i++) {
        if (table->feature[i] < 0 || table->feature[i] >= table->n_features)
            return fw_error_set(err, FW_E_ARG,
                                "choice %" PRId32 " has feature %" PRId32 "; give numbers from 0 to %" PRId32, choice,
                                table->feature[i], table->n_features - 1);
    }
    return FW_OK;
}

enum fw_status fw_choice_table_check(const struct fw_choice_table *table, struct fw_error *err)
{
    FW_TRY(check_decisions(table, err));
    FW_TRY(check_starts(table, err));
    int64_t total = 0;
    for (int32_t choice = 0; choice < fw_choice_table_choices(table); choice++) {
        FW_TRY(check_choice(table, choice, err));
        if (table->cost[choice] > MOST_BYTES - total)
            return fw_error_set(err, FW_E_ARG, "the choices cost more than 2^62 bytes together");
        total += table->cost[choice];
    }
    return FW_OK;
}

int64_t fw_choice_table_cost(const struct fw_choice_table *table, const int32_t *choices)
{
    int64_t cost = 0;
    for (int32_t d = 0; d < table->n_decisions; d++)
        cost += table->cost[table->first[d] + choices[d]];
    return cost;
}

int64_t fw_choice_table_least(const struct fw_choice_table *table)
{
    int64_t cost = 0;
    for (int32_t d = 0; d < table->n_decisions; d++) {
        int64_t least = table->cost[table->first[d]];
        for (int32_t i = table->first[d] + 1; i < table->first[d + 1]; i++)
            least = table->cost[i] < least ? table->cost[i] : least;
        cost += least;
    }
    return cost;
}

double fw_choice_table_worth(const struct fw_choice_table *table, const double *beta, int32_t choice)
{
    double worth = 0;
    for (int64_t i = table->feature_start[choice]; i < table->feature_start[choice + 1]; i++)
        worth += beta[table->feature[i]];
    return worth;
}

void fw_choice_table_worths(const struct fw_choice_table *table, double *worth, const double *beta)
{
    for (int32_t choice = 0; choice < fw_choice_table_choices(table); choice++)
        worth[choice] = fw_choice_table_worth(table, beta, choice);
}
