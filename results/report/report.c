#include "results/report/report.h"

#include "results/drawing/html.h"
#include "results/report/report_section.h"
#include "results/report/report_text.h"

/* In the order of the page. */
static const struct fw_report_section *const sections[] = {
    &fw_report_lead,    &fw_report_tree,   &fw_report_sizes,      &fw_report_routing,  &fw_report_front,
    &fw_report_history, &fw_report_rungs,  &fw_report_importance, &fw_report_settings, &fw_report_curves,
    &fw_report_policy,  &fw_report_trials, &fw_report_decisions,  &fw_report_files,    &fw_report_repeat,
};

enum { n_sections = sizeof sections / sizeof sections[0] };

void fw_report_options_init(struct fw_report_options *options)
{
    *options = (struct fw_report_options){.trials_most = 50, .curves_most = 60, .read_plan = true};
}

/* Appends a section; one that turns out to be empty leaves nothing. */
static enum fw_status add_section(struct fw_buffer *out, bool *added, const struct fw_report_section *section,
                                  const struct fw_study_facts *facts, struct fw_error *err)
{
    *added = false;
    if (!section->has(facts))
        return FW_OK;
    int64_t before = out->length;
    if (section->heading != NULL)
        fw_html_section(out, section->id, section->heading);
    int64_t start = out->length;
    FW_TRY(section->add(out, facts, err));
    *added = out->length > start;
    if (!*added)
        fw_buffer_cut(out, before);
    return FW_OK;
}

static void add_links(struct fw_buffer *out, const bool added[n_sections])
{
    fw_buffer_add_text(out, "<nav class=\"note\">");
    for (int s = 0; s < n_sections; s++) {
        if (added[s] && sections[s]->heading != NULL)
            fw_buffer_addf(out, "<a href=\"#%s\">%s</a> ", sections[s]->id, sections[s]->heading);
    }
    fw_buffer_add_text(out, "</nav>\n");
}

/* The links come before what they lead to, which has to be there to know which of them there are. */
static enum fw_status add_sections(struct fw_buffer *out, const struct fw_study_facts *facts, struct fw_error *err)
{
    bool added[n_sections];
    struct fw_buffer body;
    enum fw_status status = FW_OK;
    fw_buffer_init(&body, out->mem);
    int64_t first = 0;
    for (int s = 0; s < n_sections; s++) {
        FW_TRY_GOTO(add_section(&body, &added[s], sections[s], facts, err), done);
        if (sections[s]->heading == NULL)
            first = body.length;
    }
    FW_TRY_GOTO(fw_buffer_check(&body, err), done);
    fw_buffer_add(out, body.data, (size_t)first);
    add_links(out, added);
    fw_buffer_add(out, body.data + first, (size_t)(body.length - first));
done:
    fw_buffer_clear(&body);
    return status;
}

/* Nothing of the title is markup: fw_html_begin escapes it. */
static void begin_page(struct fw_buffer *out, const struct fw_study_facts *facts)
{
    struct fw_buffer title;
    fw_buffer_init(&title, out->mem);
    fw_buffer_addf(&title, "Study %.200s", facts->study->name);
    out->failed = out->failed || title.failed;
    fw_html_begin(out, title.data != NULL ? title.data : "");
    fw_buffer_clear(&title);
}

static enum fw_status add_report(struct fw_buffer *out, bool page, struct fw_store *store, int64_t study,
                                 const struct fw_report_options *options, struct fw_error *err)
{
    struct fw_study_facts facts;
    enum fw_status status = fw_study_facts_load(&facts, store, study, options, out->mem, err);
    if (status != FW_OK)
        goto done;
    if (page)
        begin_page(out, &facts);
    FW_TRY_GOTO(add_sections(out, &facts, err), done);
    if (page)
        fw_html_end(out);
    status = fw_buffer_check(out, err);
done:
    fw_study_facts_clear(&facts);
    return status;
}

enum fw_status fw_report_add(struct fw_buffer *out, struct fw_store *store, int64_t study,
                             const struct fw_report_options *options, struct fw_error *err)
{
    return add_report(out, true, store, study, options, err);
}

enum fw_status fw_report_add_sections(struct fw_buffer *out, struct fw_store *store, int64_t study,
                                      const struct fw_report_options *options, struct fw_error *err)
{
    return add_report(out, false, store, study, options, err);
}
