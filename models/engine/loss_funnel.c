/* Losses of a click and a conversion: ESMM and what it was published against (Ma et al. 2018, sections 2 and 3). */
#include "core/rng.h"
#include "models/engine/graph.h"
#include "models/engine/loss.h"

struct funnel_loss {
    struct fw_loss loss;
    struct fw_funnel_options options;
};

/* One row as a funnel sees it. */
struct funnel_row {
    fw_real click, conversion; /* labels; NaN: unknown */
    fw_real a, b;              /* logits */
    fw_real weight;
    double draw; /* uniform in [0, 1), of AMAN */
};

static fw_real cross_entropy(fw_real x, fw_real y, fw_real weight, fw_real *residual)
{
    *residual += weight * (fw_real_sigmoid(x) - y);
    return weight * (fw_real_softplus(x) - x * y);
}

/* How often the row counts for a conversion model that learns from clicked rows; 0: not at all. */
static fw_real count_of(const struct fw_funnel_options *o, const struct funnel_row *r)
{
    if (r->click <= 0)
        return o->method == FW_FUNNEL_AMAN && r->draw < o->share ? 1 : 0;
    if (o->method == FW_FUNNEL_OVERSAMPLING && r->conversion > 0)
        return (fw_real)o->factor;
    if (o->method != FW_FUNNEL_UNBIAS)
        return 1;
    fw_real p = fw_real_sigmoid(r->a);
    return 1 / (p > (fw_real)o->floor ? p : (fw_real)o->floor);
}

static fw_real judge_conversion(const struct fw_funnel_options *o, const struct funnel_row *r, fw_real residual[2])
{
    fw_real weight = r->weight * (fw_real)o->weights[1];
    fw_real both = r->click <= 0 ? 0 : r->conversion;
    if (isnan(r->click) || isnan(both))
        return 0;
    if (o->method == FW_FUNNEL_ESMM)
        return fw_loss_of_product(r->a, r->b, both, weight, residual);
    if (o->method == FW_FUNNEL_DIVISION)
        return cross_entropy(r->b, both, weight, &residual[1]);
    fw_real count = count_of(o, r);
    return count > 0 ? cross_entropy(r->b, both, weight * count, &residual[1]) : 0;
}

static void judge(const struct fw_loss *loss, struct fw_loss_figures *sums, const struct fw_loss_rows *rows)
{
    const struct fw_funnel_options *o = &((const struct funnel_loss *)loss)->options;
    uint64_t stream = fw_stream(rows->step, 0, FW_STREAM_NEGATIVES);
    for (int64_t i = 0; i < rows->n; i++) {
        fw_real *residual = rows->residual + 2 * i;
        struct funnel_row r = {.click = rows->labels[2 * i],
                               .conversion = rows->labels[2 * i + 1],
                               .a = rows->outputs[2 * i],
                               .b = rows->outputs[2 * i + 1],
                               .weight = rows->weights != NULL ? rows->weights[i] : 1};
        if (o->method == FW_FUNNEL_AMAN)
            r.draw = fw_rng_uniform_at(rows->seed, stream, rows->first + (uint64_t)i);
        residual[0] = 0;
        residual[1] = 0;
        sums->weight += (double)r.weight;
        if (!isfinite(r.a) || !isfinite(r.b)) {
            sums->loss = (double)NAN;
            continue;
        }
        if (!isnan(r.click))
            sums->loss += (double)cross_entropy(r.a, r.click, r.weight * (fw_real)o->weights[0], &residual[0]);
        sums->loss += (double)judge_conversion(o, &r, residual);
    }
}

const struct fw_loss *fw_loss_funnel(struct fw_graph *graph, const struct fw_funnel_options *options)
{
    struct funnel_loss *l = fw_graph_keep(graph, 1, sizeof *l);
    if (l == NULL)
        return NULL;
    *l = (struct funnel_loss){{2, 2, judge}, *options};
    return &l->loss;
}
