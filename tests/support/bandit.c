#include "support/bandit.h"

#include "core/rng.h"
#include "search/controller/controller_best.h"
#include "support/test_main.h"

static void add_choice(struct bandit *bandit, int32_t d, int32_t c, struct fw_rng *rng)
{
    struct fw_choice_table *table = &bandit->table;
    int32_t n = bandit->options.n_choices, choice = d * n + c;
    int64_t end = bandit->feature_start[choice];
    for (int32_t f = bandit->options.nested ? 0 : c; f <= c; f++) {
        if (f > 0 || !bandit->options.nested) /* nested: choice 0 has nothing */
            bandit->feature[end++] = d * n + f;
    }
    bandit->feature_start[choice + 1] = end;
    bandit->cost[choice] = c == 0 ? 0 : bandit->cost[choice - 1] + 100 + (int64_t)fw_rng_below(rng, 300);
    bandit->beta[choice] = bandit->options.worth * (0.2 + fw_rng_uniform(rng)) * (fw_rng_uniform(rng) < 0.2 ? -1 : 1);
    bandit->worth[choice] = fw_choice_table_worth(table, bandit->beta, choice);
}

void bandit_init(struct bandit *bandit, const struct bandit_options *options)
{
    struct fw_rng rng;
    ck_assert(options->n_decisions <= BANDIT_MAX_DECISIONS && options->n_choices <= BANDIT_MAX_CHOICES);
    fw_rng_seed(&rng, options->seed, fw_stream(1, 0, FW_STREAM_TEST));
    bandit->options = *options;
    bandit->feature_start[0] = 0;
    bandit->table = (struct fw_choice_table){.n_decisions = options->n_decisions,
                                             .n_features = options->n_decisions * options->n_choices,
                                             .first = bandit->first,
                                             .cost = bandit->cost,
                                             .feature_start = bandit->feature_start,
                                             .feature = bandit->feature};
    for (int32_t d = 0; d < options->n_decisions; d++) {
        bandit->first[d] = d * options->n_choices;
        for (int32_t c = 0; c < options->n_choices; c++)
            add_choice(bandit, d, c, &rng);
    }
    bandit->first[options->n_decisions] = options->n_decisions * options->n_choices;
    ck_ok(fw_choice_table_check(&bandit->table, err));
}

double bandit_judge(const struct bandit *bandit, const int32_t *choices, int64_t round, int64_t sample)
{
    struct fw_rng common, own;
    fw_rng_seed(&common, bandit->options.seed, fw_stream((uint64_t)round, 1, FW_STREAM_TEST));
    fw_rng_seed(&own, bandit->options.seed, fw_stream((uint64_t)round, (uint64_t)sample + 2, FW_STREAM_TEST));
    return fw_controller_total(&bandit->table, bandit->worth, choices) +
           bandit->options.offset * fw_rng_normal(&common) + bandit->options.noise * fw_rng_normal(&own);
}
