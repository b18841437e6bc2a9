/* A step of two_tower: forwards and backwards over a batch, then the optimiser. Loops are cut by rows of the batch, by
 * candidates and by strips, never by thread, and each sum has one writer. */
#include <assert.h>
#include <math.h>
#include <string.h>

#include "core/par.h"
#include "models/engine/gemm.h"
#include "models/engine/vector.h"
#include "models/retrieval/tower_pass.h"

/* What the phases of a step share. */
struct step {
    struct fw_two_tower *model;
    struct fw_tower_pass *pass;
    const struct fw_retrieval_batch *batch;
    const uint32_t *depths;
    struct fw_candidates candidates;
    int64_t B, K, L; /* of this batch */
    int threads;
};

static const uint32_t *depths_of(const struct step *s, int input)
{
    return s->depths + input * FW_STRIPS_MOST;
}

/* Bags of the three inputs, and which rows they touch. */
static void gather(struct step *s)
{
    struct fw_tower_pass *p = s->pass;
    const struct fw_retrieval_batch *batch = s->batch;
    const int64_t n_ids[] = {s->B, batch->start[s->B], s->B + s->K};
    memcpy(p->candidates, batch->targets, (size_t)s->B * sizeof *p->candidates);
    memcpy(p->candidates + s->B, batch->negatives, (size_t)s->K * sizeof *p->candidates);
    p->bags[FW_TOWER_USER] = (struct fw_bags){.ids = batch->users};
    p->bags[FW_TOWER_HISTORY] = (struct fw_bags){.ids = batch->history, .start = batch->start, .weight = p->share};
    p->bags[FW_TOWER_ITEM] = (struct fw_bags){.ids = p->candidates};
    for (int64_t n = 1; n <= s->L; n++)
        fw_tower_shares(s->model, p->shares + n * s->L, n);
#pragma omp parallel for schedule(dynamic) num_threads(s->threads) if (s->threads > 1)
    for (int i = 0; i < FW_TOWER_INPUTS; i++)
        fw_strips_touch(&p->touched[i], &s->model->inputs[i], depths_of(s, i), p->bags[i].ids, n_ids[i]);
}

static void read_users(const struct step *s, int64_t first, int64_t n)
{
    const struct fw_two_tower *m = s->model;
    struct fw_tower_pass *p = s->pass;
    fw_real *out = p->user + first * m->dim;
    for (int64_t i = first; i < first + n; i++) {
        int64_t from = s->batch->start[i];
        int64_t length = s->batch->start[i + 1] - from;
        memcpy(p->share + from, p->shares + length * s->L, (size_t)length * sizeof *p->share);
        memcpy(p->user + i * m->dim, m->weights + m->base, (size_t)m->dim * sizeof *p->user);
    }
    for (int i = FW_TOWER_USER; i <= FW_TOWER_HISTORY; i++) {
        fw_real *raw = p->raw[i] + first * m->inputs[i].total;
        fw_strips_read(raw, &m->inputs[i], m->weights, depths_of(s, i), &p->bags[i], first, n);
        fw_strips_map(out, &m->inputs[i], m->weights, raw, n, true);
    }
}

static void read_items(const struct step *s, int64_t first, int64_t n)
{
    const struct fw_two_tower *m = s->model;
    const struct fw_strips *strips = &m->inputs[FW_TOWER_ITEM];
    fw_real *raw = s->pass->raw[FW_TOWER_ITEM] + first * strips->total;
    fw_strips_read(raw, strips, m->weights, depths_of(s, FW_TOWER_ITEM), &s->pass->bags[FW_TOWER_ITEM], first, n);
    fw_strips_map(s->pass->item + first * m->dim, strips, m->weights, raw, n, false);
}

/* Scores, loss, and the gradients of users and targets. */
static void judge(const struct step *s, int64_t first, int64_t n)
{
    const struct fw_two_tower *m = s->model;
    struct fw_tower_pass *p = s->pass;
    int64_t dim = m->dim;
    const fw_real *user = p->user + first * dim;
    const fw_real *negatives = p->item + s->B * dim;
    fw_real *scores = p->negative + first * s->K;
    fw_real *grad = p->user_grad + first * dim;
    for (int64_t i = first; i < first + n; i++)
        p->target[i] = fw_dot(p->user + i * dim, p->item + i * dim, dim);
    fw_gemm(FW_GEMM_NT, n, s->K, dim, user, dim, negatives, dim, false, scores, s->K);
    p->chunk_loss[first / FW_TOWER_ROWS] = fw_sampled_softmax(p->target + first, scores, &s->candidates, first, n);
    fw_gemm(FW_GEMM_NN, n, dim, s->K, scores, s->K, negatives, dim, false, grad, dim);
    for (int64_t i = first; i < first + n; i++) {
        for (int64_t k = 0; k < dim; k++) {
            p->user_grad[i * dim + k] += p->target[i] * p->item[i * dim + k];
            p->item_grad[i * dim + k] = p->target[i] * p->user[i * dim + k];
        }
    }
}

/* Of the weights of positions: through the softmax of each history. */
static void add_positions(const struct step *s, int64_t row, fw_real *sum)
{
    const struct fw_strips *strips = &s->model->inputs[FW_TOWER_HISTORY];
    const uint32_t *depths = depths_of(s, FW_TOWER_HISTORY);
    struct fw_tower_pass *p = s->pass;
    const fw_real *grad = p->raw_grad[FW_TOWER_HISTORY] + row * strips->total;
    uint32_t deepest = fw_strips_deepest(strips, depths);
    int64_t from = s->batch->start[row];
    int64_t to = s->batch->start[row + 1];
    fw_real mean = 0;
    for (int64_t j = from; j < to; j++) {
        p->share_grad[j] = fw_strips_dot(grad, strips, s->model->weights, depths, deepest, s->batch->history[j]);
        mean += p->share[j] * p->share_grad[j];
    }
    for (int64_t j = from; j < to; j++)
        sum[j - from] += p->share[j] * (p->share_grad[j] - mean);
}

static void go_back_to_users(const struct step *s, int64_t first, int64_t n)
{
    const struct fw_two_tower *m = s->model;
    struct fw_tower_pass *p = s->pass;
    int64_t chunk = first / FW_TOWER_ROWS;
    fw_real *base = p->chunk_base + chunk * m->dim;
    fw_real *positions = p->chunk_positions + chunk * s->L;
    memset(base, 0, (size_t)m->dim * sizeof *base);
    memset(positions, 0, (size_t)s->L * sizeof *positions);
    for (int i = FW_TOWER_USER; i <= FW_TOWER_HISTORY; i++)
        fw_strips_map_back(p->raw_grad[i] + first * m->inputs[i].total, &m->inputs[i], m->weights,
                           p->user_grad + first * m->dim, n);
    bool reads = fw_strips_deepest(&m->inputs[FW_TOWER_HISTORY], depths_of(s, FW_TOWER_HISTORY)) > 0;
    for (int64_t i = first; i < first + n; i++) {
        for (int32_t k = 0; k < m->dim; k++)
            base[k] += p->user_grad[i * m->dim + k];
        if (reads)
            add_positions(s, i, positions);
    }
}

/* Candidates [first, first + n) of targets and negatives. */
static void go_back_to_items(const struct step *s, int64_t first, int64_t n)
{
    const struct fw_two_tower *m = s->model;
    const struct fw_strips *strips = &m->inputs[FW_TOWER_ITEM];
    struct fw_tower_pass *p = s->pass;
    int64_t from = first > s->B ? first : s->B;
    int64_t dim = m->dim;
    if (from < first + n)
        fw_gemm(FW_GEMM_TN, first + n - from, dim, s->B, p->negative + (from - s->B), s->K, p->user, dim, false,
                p->item_grad + from * dim, dim);
    fw_strips_map_back(p->raw_grad[FW_TOWER_ITEM] + first * strips->total, strips, m->weights,
                       p->item_grad + first * dim, n);
}

static void take_gradient(const struct step *s, int input, int32_t strip)
{
    struct fw_two_tower *m = s->model;
    const struct fw_strips *strips = &m->inputs[input];
    struct fw_tower_pass *p = s->pass;
    struct fw_strip_gradient *g = &m->gradients[input][strip];
    int64_t n = input == FW_TOWER_ITEM ? s->B + s->K : s->B;
    const fw_real *out_grad = input == FW_TOWER_ITEM ? p->item_grad : p->user_grad;
    g->n_rows = fw_strips_gradient(g->table, g->rows, p->place[input][strip], strips, depths_of(s, input), strip,
                                   &p->touched[input], &p->bags[input], n, p->raw_grad[input]);
    if (strips->projected && depths_of(s, input)[strip] > 0)
        fw_strips_projection_gradient(g->projection, strips, strip, p->raw[input], out_grad, n);
}

static int64_t rows_of(int64_t n, int64_t first, int64_t most)
{
    return n - first < most ? n - first : most;
}

static void sum_chunks(const struct step *s, double *loss)
{
    struct fw_two_tower *m = s->model;
    memset(m->base_gradient, 0, (size_t)m->dim * sizeof *m->base_gradient);
    memset(m->position_gradient, 0, (size_t)s->L * sizeof *m->position_gradient);
    *loss = 0;
    for (int64_t c = 0; c * FW_TOWER_ROWS < s->B; c++) {
        *loss += s->pass->chunk_loss[c];
        for (int32_t k = 0; k < m->dim; k++)
            m->base_gradient[k] += s->pass->chunk_base[c * m->dim + k];
        for (int64_t l = 0; l < s->L; l++)
            m->position_gradient[l] += s->pass->chunk_positions[c * s->L + l];
    }
}

void fw_two_tower_gradient(struct fw_two_tower *model, double *loss, const struct fw_retrieval_batch *batch,
                           const uint32_t *depths)
{
    struct step s = {.model = model,
                     .pass = model->pass,
                     .batch = batch,
                     .depths = depths,
                     .B = batch->n,
                     .K = model->options.batches.negatives,
                     .L = model->options.batches.history,
                     .threads = fw_par_threads(model->options.threads)};
    assert(batch->n <= model->options.batches.batch);
    s.candidates =
        (struct fw_candidates){s.K, batch->targets, batch->target_logq, batch->negatives, batch->negative_logq};
    gather(&s);
    int64_t n_items = s.B + s.K;
#pragma omp parallel num_threads(s.threads) if (s.threads > 1)
    {
#pragma omp for schedule(dynamic) nowait
        for (int64_t i = 0; i < s.B; i += FW_TOWER_ROWS)
            read_users(&s, i, rows_of(s.B, i, FW_TOWER_ROWS));
#pragma omp for schedule(dynamic)
        for (int64_t i = 0; i < n_items; i += FW_TOWER_CANDIDATES)
            read_items(&s, i, rows_of(n_items, i, FW_TOWER_CANDIDATES));
#pragma omp for schedule(dynamic)
        for (int64_t i = 0; i < s.B; i += FW_TOWER_ROWS) {
            judge(&s, i, rows_of(s.B, i, FW_TOWER_ROWS));
            go_back_to_users(&s, i, rows_of(s.B, i, FW_TOWER_ROWS));
        }
#pragma omp for schedule(dynamic)
        for (int64_t i = 0; i < n_items; i += FW_TOWER_CANDIDATES)
            go_back_to_items(&s, i, rows_of(n_items, i, FW_TOWER_CANDIDATES));
#pragma omp for schedule(dynamic)
        for (int u = 0; u < FW_TOWER_INPUTS * FW_STRIPS_MOST; u++) {
            if (u % FW_STRIPS_MOST < model->inputs[u / FW_STRIPS_MOST].n)
                take_gradient(&s, u / FW_STRIPS_MOST, u % FW_STRIPS_MOST);
        }
    }
    sum_chunks(&s, loss);
}

static void move(struct fw_two_tower *m, int64_t at, int64_t width, const uint32_t *rows, int64_t n_rows,
                 const fw_real *gradient, double scale)
{
    int64_t k = m->optimiser.vtable->state_per_weight;
    m->optimiser.vtable->step(&m->optimiser, m->weights + at, m->state + k * at, width, rows, n_rows, gradient,
                              (fw_real)scale);
}

static void move_strip(struct fw_two_tower *m, int input, int32_t strip, const uint32_t *depths, double scale)
{
    const struct fw_strips *strips = &m->inputs[input];
    const struct fw_strip_gradient *g = &m->gradients[input][strip];
    move(m, strips->table[strip], strips->width[strip], g->rows, g->n_rows, g->table, scale);
    if (strips->projected && depths[input * FW_STRIPS_MOST + strip] > 0)
        move(m, strips->projection + (int64_t)strips->first[strip] * m->dim, m->dim, NULL, strips->width[strip],
             g->projection, scale);
}

enum fw_status fw_two_tower_learn(struct fw_two_tower *model, double *loss, const struct fw_retrieval_batch *batch,
                                  const uint32_t *depths, struct fw_error *err)
{
    int threads = fw_par_threads(model->options.threads);
    double sum;
    double scale = 1 / (double)batch->n;
    fw_two_tower_gradient(model, &sum, batch, depths);
    if (!isfinite(sum))
        return fw_error_set(err, FW_E_NUMERIC, "the loss is not finite; try a smaller learning rate than %g",
                            model->options.rate);
    model->optimiser.steps++;
#pragma omp parallel for schedule(dynamic) num_threads(threads) if (threads > 1)
    for (int u = 0; u < FW_TOWER_INPUTS * FW_STRIPS_MOST; u++) {
        if (u % FW_STRIPS_MOST < model->inputs[u / FW_STRIPS_MOST].n)
            move_strip(model, u / FW_STRIPS_MOST, u % FW_STRIPS_MOST, depths, scale);
    }
    move(model, model->base, model->dim, NULL, 1, model->base_gradient, scale);
    if (fw_strips_deepest(&model->inputs[FW_TOWER_HISTORY], depths + FW_TOWER_HISTORY * FW_STRIPS_MOST) > 0)
        move(model, model->positions, 1, NULL, model->options.batches.history, model->position_gradient, scale);
    *loss = sum * scale;
    return FW_OK;
}
