/* What mattered: which settings moved the objective, or what each column gave to the crosses. */
#include <math.h>
#include <stdio.h>

#include "results/drawing/html.h"
#include "results/drawing/svg.h"
#include "results/insight/importance_crosses.h"
#include "results/insight/importance_members.h"
#include "results/report/report_section.h"
#include "results/report/report_text.h"

/* Of more trials the shuffles take longer than all the rest of the page; `trials importance` has the patience. */
#define TRIALS_MOST 20000

/* Rows of the tables, and pixels of the bars in them. */
#define ROWS_MOST  30
#define BAR_WIDTH  160
#define BAR_HEIGHT 8

static bool has(const struct fw_study_facts *f)
{
    return f->n_ranked >= 4;
}

/* ---- settings ---- */

static void effect_row(struct fw_html_table *table, const struct fw_member_effect *row)
{
    char text[64];
    double share = fmax(0, row->effect.share); /* below 0 is luck too */
    snprintf(text, sizeof text, "%.1f %%", 100 * share);
    fw_report_cell(table, row->name);
    fw_html_cell_begin(table);
    fw_html_text(table->out, text);
    fw_svg_bar(table->out, BAR_WIDTH, BAR_HEIGHT, 1, share, text);
    fw_html_cell_end(table);
    fw_html_cell(table, row->effect.beyond ? "yes" : "no");
    fw_report_cell(table, row->best);
}

static void add_settings(struct fw_buffer *out, const struct fw_member_effects *effects)
{
    static const char *const headers[] = {"setting", "explains", "beyond chance", "<best values"};
    char texts[2][32];
    struct fw_html_table table;
    int64_t n = effects->n < ROWS_MOST ? effects->n : ROWS_MOST;
    if (n == 0)
        return;
    fw_html_table_begin(&table, out, headers, 4, NULL);
    for (int64_t i = 0; i < n; i++)
        effect_row(&table, &effects->rows[i]);
    fw_html_table_end(&table);
    if (isnan(effects->chance))
        fw_html_paragraph(out, "note", "There are too few trials to tell these figures from chance.");
    else
        fw_report_paragraph(
            out, "note",
            "How much of the ranking of %s trials a setting explains alone, less what luck explains. In "
            "95 %% of shuffled studies no setting explains more than %.1f %%.",
            fw_text_count(texts[0], effects->n_trials), 100 * effects->chance);
    if (effects->n > n)
        fw_report_paragraph(out, "note", "The first %s of %s settings that vary.", fw_text_count(texts[0], n),
                            fw_text_count(texts[1], effects->n));
}

/* ---- crosses ---- */

static void field_row(struct fw_html_table *table, const struct fw_field_effect *row)
{
    char text[128];
    fw_report_cell(table, row->field);
    fw_html_cell(table, fw_report_gain(text, row->gain, row->gain_low, row->gain_high));
    fw_html_cell(table, fw_text_count(text, row->n_accepted));
    fw_html_cell(table, fw_text_count(text, row->n_tried));
    fw_html_cell(table, fw_report_gain(text, row->best, (double)NAN, (double)NAN));
}

static void add_fields(struct fw_buffer *out, const struct fw_cross_effects *effects)
{
    static const char *const headers[] = {"<column", ">gain of its accepted crosses", ">accepted", ">tried",
                                          ">best single gain"};
    char texts[2][32];
    struct fw_html_table table;
    int64_t n = effects->n_fields < ROWS_MOST ? effects->n_fields : ROWS_MOST;
    if (n == 0)
        return;
    fw_html_table_begin(&table, out, headers, 5, NULL);
    for (int64_t i = 0; i < n; i++)
        field_row(&table, &effects->fields[i]);
    fw_html_table_end(&table);
    fw_html_paragraph(out, "note",
                      "A gain counts for each column of its cross, so the gains of columns add up to more than that of "
                      "the study.");
    if (effects->n_fields > n)
        fw_report_paragraph(out, "note", "The first %s of %s columns.", fw_text_count(texts[0], n),
                            fw_text_count(texts[1], effects->n_fields));
}

static enum fw_status add(struct fw_buffer *out, const struct fw_study_facts *f, struct fw_error *err)
{
    if (f->kind == FW_STUDY_CROSSES) {
        struct fw_cross_effects crosses;
        FW_TRY(fw_importance_of_crosses(&crosses, f->store, f->study->id, err));
        add_fields(out, &crosses);
        fw_cross_effects_clear(&crosses);
        return FW_OK;
    }
    struct fw_member_effects effects;
    if (f->trials.n > TRIALS_MOST) {
        fw_html_paragraph(out, "note",
                          "The study has too many trials to measure this for a page; 'fieldwise trials importance' "
                          "does.");
        return FW_OK;
    }
    FW_TRY(fw_importance_of_members(&effects, f->store, f->study->id, f->study->maximise, err));
    add_settings(out, &effects);
    fw_member_effects_clear(&effects);
    return FW_OK;
}

const struct fw_report_section fw_report_importance = {"importance", "What mattered", has, add};
