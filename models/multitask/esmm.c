/* ESMM (Ma et al. 2018): conversions learned over all impressions. Two towers give logits a of the click and b of the
 * conversion given a click; neither is trained on the conversion alone, which is known on clicked rows only, but
 *
 *     loss = sum over all rows of l(y, s(a)) + l(y z, s(a) s(b))
 *
 * with one embedding for both towers, which is where the few conversions gain from the many clicks. `method` chooses
 * what the paper compares with: separate embeddings (esmm_ns), and two networks of their own of which the second learns
 * from clicked rows (base) or from more (engine/loss.h). division learns click and both together as two networks and
 * serves their ratio. */
#include <stdio.h>

#include "models/network.h"
#include "models/registry.h"

/* The first are those of enum fw_funnel_method but for esmm_ns, which has the loss of esmm. */
static const char *const methods[] = {"esmm", "esmm_ns", "base", "aman", "oversampling", "unbias", "division", NULL};
static const enum fw_funnel_method method_of[] = {FW_FUNNEL_ESMM,    FW_FUNNEL_ESMM,         FW_FUNNEL_BASE,
                                                  FW_FUNNEL_AMAN,    FW_FUNNEL_OVERSAMPLING, FW_FUNNEL_UNBIAS,
                                                  FW_FUNNEL_DIVISION};
_Static_assert(sizeof methods / sizeof methods[0] == sizeof method_of / sizeof method_of[0] + 1, "a loss a method");
enum { method_esmm };

static const struct fw_param_spec params[] = {
    {.name = "method",
     .choices = methods,
     .doc = "esmm; with separate embeddings (esmm_ns); or what it was published against, as two separate networks"},
    {.name = "aman_share",
     .when = "method=aman",
     .min = 0,
     .max = 1,
     .fallback = 0.1,
     .doc = "share of the rows without a click that are negatives of the conversion"},
    {.name = "oversample",
     .when = "method=oversampling",
     .min = 1,
     .max = 1e3,
     .fallback = 5,
     .doc = "times that a conversion counts"},
    {.name = "propensity_floor",
     .when = "method=unbias",
     .min = 1e-6,
     .max = 1,
     .fallback = 0.02,
     .doc = "least probability of a click by whose inverse a clicked row is weighed"},
    FW_EMBEDDING_PARAMS(12, 0.05),
    FW_HIDDEN_PARAMS(2, 64, 0),
    FW_NETWORK_NUMERIC_PARAM(fw_network_numeric_raw),
    FW_NETWORK_OPTIMISER_PARAMS(0.001, 1e-4),
    FW_TRAINER_PARAMS(512, 30, 3),
    {.name = NULL},
};

static fw_node tower(struct fw_network_builder *b, fw_node x, const char *name)
{
    return fw_network_output(b, fw_network_hidden(b, x, name), fw_graph_name(b->graph, name, "out"));
}

static enum fw_status build(struct fw_network_builder *b, struct fw_error *err)
{
    int32_t method = fw_network_int(b, "method");
    const struct fw_task *tasks = b->config->tasks;
    struct fw_funnel_options options = {.method = method_of[method],
                                        .share = fw_network_get(b, "aman_share"),
                                        .factor = fw_network_get(b, "oversample"),
                                        .floor = fw_network_get(b, "propensity_floor"),
                                        .weights = {tasks[0].weight, tasks[1].weight}};
    fw_node shared = method == method_esmm ? fw_network_input(b, "embedding") : FW_NO_NODE;
    fw_node x = shared != FW_NO_NODE ? shared : fw_network_input(b, "click.embedding");
    fw_node click = tower(b, x, "click");
    x = shared != FW_NO_NODE ? shared : fw_network_input(b, "conversion.embedding");
    fw_node both[] = {click, tower(b, x, "conversion")};
    fw_node judged = fw_op_concat(b->graph, both, 2);
    fw_node served = options.method == FW_FUNNEL_DIVISION ? fw_op_ratio(b->graph, judged) : judged;
    return fw_graph_finish(b->graph, judged, served, fw_loss_funnel(b->graph, &options), err);
}

static bool reading(const void *self, int32_t index, const struct fw_task *tasks, int32_t n_tasks,
                    struct fw_reading *out)
{
    (void)self;
    (void)n_tasks;
    switch (index) {
    case 0:
        fw_reading_of_task(out, 0, &tasks[0]);
        return true;
    case 1: /* only clicked rows judge it: what is left of a funnel of their own choosing */
        fw_reading_of_task(out, 1, &tasks[1]);
        out->given = 0;
        out->judged = false;
        snprintf(out->name, sizeof out->name, "%s_given_%s", tasks[1].name, tasks[0].name);
        return true;
    case 2:
        fw_reading_of_task(out, 1, &tasks[1]);
        out->kind = FW_READ_PRODUCT;
        out->output = 0;
        out->other = 1;
        out->given = 0;
        snprintf(out->name, sizeof out->name, "%s_and_%s", tasks[0].name, tasks[1].name);
        return true;
    default:
        return false;
    }
}

const struct fw_model_vtable fw_model_esmm = {
    FW_NETWORK_TASK_SLOTS,
    .name = "esmm",
    .summary = "clicks and conversions given a click, learned together over all impressions",
    .params = params,
    .labels = FW_LABELS_FUNNEL,
    .reading = reading,
    .build = build,
};
