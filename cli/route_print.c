/* What `fieldwise route` prints at its end, as text and as JSON. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "cli/json_out.h"
#include "cli/route.h"
#include "cli/terminal.h"
#include "core/clock.h"
#include "models/registry.h"
#include "results/drawing/routing_text.h"

/* Steps whose figures by task are shown side by side: what 80 columns hold. */
enum { STEPS_SHOWN = 5, LINE = 80 };

/* Prints a text in lines of at most 80 columns, broken at spaces; the further ones are indented. */
static void print_wrapped(const char *text)
{
    int column = 0;
    while (*text != '\0') {
        size_t word = strcspn(text, " ");
        if (column > 0 && column + 1 + (int)word > LINE) {
            printf("\n   ");
            column = 3;
        }
        printf("%s%.*s", column > 0 ? " " : "", (int)word, text);
        column += (int)word + (column > 0);
        text += word + strspn(text + word, " ");
    }
    printf("\n");
}

/* A sentence of the facts, after a word. */
static void print_said(const char *word, void (*say)(struct fw_buffer *, const struct route_work *),
                       const struct route_work *w)
{
    struct fw_buffer out;
    fw_buffer_init(&out, NULL);
    fw_buffer_add_text(&out, word);
    say(&out, w);
    print_wrapped(out.data != NULL ? out.data : "");
    fw_buffer_clear(&out);
}

static void print_number(struct cli_table *table, const char *format, double value)
{
    char text[40] = "-";
    if (!isnan(value))
        snprintf(text, sizeof text, format, value);
    cli_table_cell(table, "%s", text);
}

static void print_part(struct cli_table *table, bool known, int64_t part, int64_t all)
{
    if (known)
        cli_table_cell(table, "%lld of %lld", (long long)part, (long long)all);
    else
        cli_table_cell(table, "-");
}

/* What each step reaches on the rows that were kept out takes the place of its time. */
static void print_steps(const struct route_work *w)
{
    char heading[80];
    bool test = w->command->test;
    snprintf(heading, sizeof heading, ">%s", w->score_name);
    const char *const headers[] = {">lambda", ">open", ">sub-networks", ">bytes", heading, test ? ">test" : ">took",
                                   ""};
    struct cli_table *table = cli_table_create(headers, 7);
    for (int32_t i = 0; i < w->result.n_steps; i++) {
        char time[32];
        const struct fw_route_step *step = &w->result.steps[i];
        const struct route_tested *tested = route_find_tested(w, step);
        bool known = step->failure[0] == '\0';
        cli_table_cell(table, "%g", step->lambda);
        print_part(table, known, step->size.connections, route_all_connections(w));
        print_part(table, known, step->size.subnetworks, route_all_subnetworks(w));
        print_number(table, "%.0f", known ? (double)step->bytes : (double)NAN);
        print_number(table, "%.5f", known ? route_score(w, step->score) : (double)NAN);
        if (test)
            print_number(table, "%.5f", tested != NULL ? route_score(w, tested->score) : (double)NAN);
        else
            cli_table_cell(table, "%s", fw_text_duration(time, step->seconds));
        cli_table_cell(table, "%s", !known ? "failed" : i == w->result.best ? "chosen" : "");
    }
    cli_table_print(table, stdout);
}

/* All steps where they are few; else the first, the best, the chosen and the last. */
static int pick_steps(const struct fw_route_step *out[STEPS_SHOWN], const struct route_work *w)
{
    const struct fw_route *r = &w->result;
    const struct fw_route_step *best = route_best_score(w);
    int n = 0;
    for (int32_t i = 0; i < r->n_steps; i++) {
        const struct fw_route_step *step = &r->steps[i];
        bool wanted = r->n_steps <= STEPS_SHOWN || i == 0 || i == r->best || step == best || i == r->n_steps - 1;
        if (wanted && step->failure[0] == '\0' && step->figures != NULL)
            out[n++] = step;
    }
    return n;
}

static void print_figures(const struct route_work *w)
{
    const struct fw_route_step *steps[STEPS_SHOWN];
    const char *headers[3 + STEPS_SHOWN] = {"", "", "rows"};
    char lambdas[STEPS_SHOWN][40];
    int n = pick_steps(steps, w);
    bool test = route_find_tested(w, route_chosen(w)) != NULL;
    for (int s = 0; s < n; s++) {
        snprintf(lambdas[s], sizeof lambdas[s], ">%g", steps[s]->lambda);
        headers[3 + s] = lambdas[s];
    }
    struct cli_table *table = cli_table_create(headers, 3 + n);
    for (int32_t k = 0; k < w->n_readings * (test ? 2 : 1); k++) {
        int32_t r = test ? k / 2 : k;
        bool of_test = test && k % 2 == 1;
        cli_table_cell(table, "%s", of_test ? "" : w->readings[r].name);
        cli_table_cell(table, "%s", of_test ? "" : fw_figure_name(w->shown[r]));
        cli_table_cell(table, "%s", of_test ? "test" : "validation");
        for (int s = 0; s < n; s++) {
            const struct route_tested *tested = route_find_tested(w, steps[s]);
            double on_test = tested != NULL ? tested->figures[r] : (double)NAN;
            print_number(table, "%.5f", of_test ? on_test : steps[s]->figures[r]);
        }
    }
    cli_table_print(table, stdout);
}

static void print_routing(const struct route_work *w)
{
    const char *names[FW_TASKS_MOST];
    struct fw_buffer out;
    struct fw_error err = {0};
    route_task_names(names, w);
    fw_buffer_init(&out, NULL);
    if (fw_routing_text_add(&out, &route_chosen(w)->routing, names, &err) == FW_OK && out.data != NULL)
        printf("\n%s", out.data);
    fw_buffer_clear(&out);
}

/* With the settings that the served network has too, so that what is trained next is what was judged. */
static void print_next(const struct route_work *w)
{
    struct fw_params served;
    const struct route_command *c = w->command;
    int64_t n = 0;
    fw_params_init(&served, fw_model_snr.params);
    printf("next: fieldwise train %s --plan %s --model snr", c->path, c->plan);
    for (int64_t i = 0; i < c->settings.n; i++) {
        const char *text = c->settings.items[i];
        struct fw_text key = {text, strcspn(text, "=")};
        if (fw_params_find(&served, key) == NULL || strncmp(text, "tower=", strlen("tower=")) == 0)
            continue;
        printf("%s%s", n++ == 0 ? " --set " : ",", text);
    }
    if (c->split.split.seed != 1)
        printf(" --seed %llu", (unsigned long long)c->split.split.seed);
    printf("\n");
    if (c->out != NULL)
        printf("      fieldwise evaluate %s TEST.csv; fieldwise predict %s NEW.csv > scores.csv\n", c->out, c->out);
}

static void print_end(const struct route_work *w)
{
    char text[32];
    const struct route_command *c = w->command;
    printf("\nwrote %s", c->plan);
    if (c->out != NULL)
        printf(" and %s (%s)", c->out, fw_text_bytes(text, (double)w->out_bytes));
    printf(" in %s\n", fw_text_duration(text, fw_clock_seconds() - c->started));
    if (c->report != NULL)
        printf("report: %s\n", c->report);
    print_next(w);
}

void route_print_text(const struct route_work *w)
{
    char bytes[32];
    char all[32];
    struct fw_buffer notes;
    const struct fw_route_step *chosen = route_chosen(w);
    print_said("searched ", route_say_searched, w);
    printf("\n");
    print_steps(w);
    printf("\n");
    print_figures(w);
    printf("\n");
    print_said("chosen: ", route_say_chosen, w);
    printf("%s without embeddings, %.1f %% of the whole network; %s with them\n",
           fw_text_bytes(bytes, (double)chosen->bytes),
           100 * (double)chosen->bytes / fmax(1, (double)route_full_bytes(w)),
           fw_text_bytes(all, (double)chosen->all_bytes));
    fw_buffer_init(&notes, NULL);
    route_say_notes(&notes, chosen);
    if (notes.data != NULL)
        print_wrapped(notes.data);
    fw_buffer_clear(&notes);
    if (w->result.stopped)
        printf("the search was ended early; this is what it had found by then\n");
    print_routing(w);
    print_end(w);
}
