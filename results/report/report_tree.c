/* The search of crosses as a tree: what was tried from where, what it was worth, and why it was taken or not. */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "results/drawing/candidate_text.h"
#include "results/drawing/html.h"
#include "results/drawing/svg_tree.h"
#include "results/report/report_section.h"
#include "results/report/report_text.h"

/* Lines of the picture; refused crosses of one set that it shows. */
#define NODES_MOST   160
#define REFUSED_MOST 8

/* Sets that nothing more can come after in the picture. */
#define DEPTH_MOST 40

struct growth {
    const struct fw_study_facts *facts;
    int64_t *parent;                /* (trials) place of the parent; -1: none */
    bool *grew;                     /* (trials) complete trials grew from it */
    struct fw_svg_tree_node *nodes; /* (NODES_MOST) */
    char (*notes)[64];              /* of nodes */
    struct fw_text_pool labels;
    int64_t n;
    bool refused; /* memory */
    bool cut;     /* there are more nodes than lines */
};

static bool has(const struct fw_study_facts *f)
{
    return f->kind == FW_STUDY_CROSSES && f->n_complete > 1;
}

/* Place of the parent; -1: none. A parent is always an earlier trial, whatever a store says. */
static int64_t parent_of(const struct fw_study_facts *f, int64_t place)
{
    const struct fw_trial_record *trial = fw_study_facts_at(f, place);
    return trial->parent > 0 && trial->parent < trial->number ? fw_study_facts_find(f, trial->parent) : -1;
}

static const char *label_of(struct growth *g, const char *candidate)
{
    struct fw_buffer said;
    fw_buffer_init(&said, g->facts->mem);
    fw_candidate_text(&said, candidate, false);
    g->refused = g->refused || said.failed;
    const char *label = fw_text_pool_add(&g->labels, said.data != NULL ? said.data : "", &g->refused);
    fw_buffer_clear(&said);
    return label != NULL ? label : "";
}

/* A new line; NULL when the picture is full. */
static struct fw_svg_tree_node *add_node(struct growth *g, int64_t parent, const char *label)
{
    if (g->n == NODES_MOST) {
        g->cut = true;
        return NULL;
    }
    struct fw_svg_tree_node *node = &g->nodes[g->n];
    *node = (struct fw_svg_tree_node){.parent = parent,
                                      .label = label,
                                      .note = g->notes[g->n],
                                      .value = (double)NAN,
                                      .low = (double)NAN,
                                      .high = (double)NAN};
    g->notes[g->n++][0] = '\0';
    return node;
}

static void say_verdict(char note[64], const struct growth *g, int64_t place)
{
    const struct fw_trial_record *trial = fw_study_facts_at(g->facts, place);
    if (trial->parent == 0)
        snprintf(note, 64, "the model to begin with");
    else if (g->facts->accepted[place])
        snprintf(note, 64, "accepted at step %d", (int)trial->step);
    else if (g->grew[place])
        snprintf(note, 64, "kept, and grown from");
    else if (trial->gain <= 0)
        snprintf(note, 64, "refused: no gain");
    else if (trial->gain_low <= 0)
        snprintf(note, 64, "refused: within its noise");
    else if (!isnan(trial->gain))
        snprintf(note, 64, "refused: gains less than the best");
}

/* A line of words only: what is not shown one by one. */
static void add_rest(struct growth *g, int64_t parent, int64_t n, const char *what)
{
    char text[96];
    char count[32];
    if (n == 0)
        return;
    snprintf(text, sizeof text, "%s more %s", fw_text_count(count, n), what);
    const char *label = fw_text_pool_add(&g->labels, text, &g->refused);
    struct fw_svg_tree_node *node = add_node(g, parent, label != NULL ? label : "");
    if (node != NULL)
        node->look = FW_SVG_TREE_QUIET;
}

struct order {
    double gain;
    int64_t place;
};

static int compare(const void *a, const void *b)
{
    const struct order *x = a;
    const struct order *y = b;
    if (x->gain != y->gain)
        return x->gain > y->gain ? -1 : 1;
    return (x->place > y->place) - (x->place < y->place);
}

static enum fw_status grow(struct growth *g, int64_t place, int64_t parent, int depth, struct fw_error *err);

/* The best refused first, then how many there are besides, then those that the search went on from, each with its own:
 * so that the accepted path leads down to the end of the picture. */
static enum fw_status grow_children(struct growth *g, const struct order *order, int64_t n, int64_t pruned,
                                    int64_t node, int depth, struct fw_error *err)
{
    int64_t shown = 0;
    int64_t refused = 0;
    for (int64_t i = 0; i < n; i++) {
        bool is_end = !g->grew[order[i].place] && !g->facts->accepted[order[i].place];
        refused += is_end;
        if (is_end && shown < REFUSED_MOST) {
            FW_TRY(grow(g, order[i].place, node, depth + 1, err));
            shown++;
        }
    }
    add_rest(g, node, refused - shown, "were refused");
    add_rest(g, node, pruned, "were ranked lower in the screen");
    for (int64_t i = 0; i < n; i++) {
        if (g->grew[order[i].place] || g->facts->accepted[order[i].place])
            FW_TRY(grow(g, order[i].place, node, depth + 1, err));
    }
    return FW_OK;
}

static enum fw_status grow(struct growth *g, int64_t place, int64_t parent, int depth, struct fw_error *err)
{
    enum fw_status status = FW_OK;
    const struct fw_study_facts *f = g->facts;
    const struct fw_trial_record *trial = fw_study_facts_at(f, place);
    struct fw_svg_tree_node *node = add_node(g, parent, label_of(g, trial->candidate));
    int64_t own = g->n - 1;
    struct order *order = NULL;
    int64_t n = 0;
    int64_t pruned = 0;
    if (node == NULL)
        return FW_OK;
    node->value = trial->gain;
    node->low = trial->gain_low;
    node->high = trial->gain_high;
    node->look = f->accepted[place] || (parent < 0 && place == 0) ? FW_SVG_TREE_TAKEN : FW_SVG_TREE_PLAIN;
    say_verdict(g->notes[own], g, place);
    if (!g->grew[place] || depth == DEPTH_MOST)
        return FW_OK;
    for (int64_t i = place + 1; i < f->trials.n; i++)
        n += g->parent[i] == place && fw_study_facts_at(f, i)->state == FW_TRIAL_COMPLETE;
    FW_ALLOC(order, f->mem, n, "the tree of a search", err);
    n = 0;
    for (int64_t i = place + 1; i < f->trials.n; i++) {
        if (g->parent[i] != place)
            continue;
        const struct fw_trial_record *child = fw_study_facts_at(f, i);
        pruned += child->state == FW_TRIAL_PRUNED;
        if (child->state == FW_TRIAL_COMPLETE)
            order[n++] = (struct order){isnan(child->gain) ? -(double)INFINITY : child->gain, i};
    }
    qsort(order, (size_t)n, sizeof *order, compare);
    status = grow_children(g, order, n, pruned, own, depth, err);
    fw_free(f->mem, order);
    return status;
}

static void draw(struct fw_buffer *out, const struct growth *g)
{
    char scale[160];
    snprintf(scale, sizeof scale, "gain in %.100s, with its interval", g->facts->study->objective);
    fw_svg_tree_add(out, g->nodes, g->n, scale, "Crosses by the set that they were added to, with their gains");
    fw_html_paragraph(
        out, "note",
        "Each line is a cross that was fitted together with those above it on its path; accepted ones are "
        "blue. Intervals that reach the dashed line at 0 are no evidence of a gain.");
    if (g->cut)
        fw_report_paragraph(out, "note", "The first %d lines are drawn.", NODES_MOST);
}

static enum fw_status add(struct fw_buffer *out, const struct fw_study_facts *f, struct fw_error *err)
{
    enum fw_status status = FW_OK;
    struct growth g = {.facts = f};
    fw_text_pool_init(&g.labels, f->mem);
    FW_ALLOC_GOTO(g.parent, f->mem, f->trials.n, "the tree of a search", err, done);
    FW_ALLOC_GOTO(g.grew, f->mem, f->trials.n, "the tree of a search", err, done);
    FW_ALLOC_GOTO(g.nodes, f->mem, NODES_MOST, "the tree of a search", err, done);
    FW_ALLOC_GOTO(g.notes, f->mem, NODES_MOST, "the tree of a search", err, done);
    for (int64_t i = 0; i < f->trials.n; i++) {
        int64_t parent = g.parent[i] = parent_of(f, i);
        if (parent >= 0 && fw_study_facts_at(f, i)->state == FW_TRIAL_COMPLETE)
            g.grew[parent] = true;
    }
    for (int64_t i = 0; i < f->trials.n && g.n < NODES_MOST; i++) {
        if (g.parent[i] < 0 && g.grew[i])
            FW_TRY_GOTO(grow(&g, i, -1, 0, err), done);
    }
    if (g.refused)
        status = fw_error_nomem(err, f->mem, "the tree of a search", NODES_MOST, 64);
    else if (g.n > 0)
        draw(out, &g);
done:
    fw_free(f->mem, g.notes);
    fw_free(f->mem, g.nodes);
    fw_free(f->mem, g.grew);
    fw_free(f->mem, g.parent);
    fw_text_pool_clear(&g.labels);
    return status;
}

const struct fw_report_section fw_report_tree = {"tree", "What grew from what", has, add};
