/* fieldwise models: what can be trained, and with which settings. */
#include <stdio.h>
#include <string.h>

#include "cli/command.h"
#include "cli/terminal.h"
#include "models/registry.h"
#include "search/settings/tune_space.h"

struct models_command {
    const char *verb, *name;
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
    struct models_command *c = state->input;
    switch (key) {
    case ARGP_KEY_ARG:
        if (c->verb == NULL)
            c->verb = arg;
        else if (c->name == NULL)
            c->name = arg;
        else
            argp_error(state, "'%s' is too many", arg);
        return 0;
    case ARGP_KEY_END:
        if (c->verb == NULL || (strcmp(c->verb, "list") != 0 && strcmp(c->verb, "show") != 0) ||
            (strcmp(c->verb, "show") == 0) != (c->name != NULL))
            argp_error(state, "say 'list' or 'show NAME'");
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static const struct argp parser = {
    NULL, parse, "list\nshow NAME", "Lists the models that can be trained, or the settings of one.", NULL, NULL, NULL};

static void list(void)
{
    static const char *const headers[] = {"model", "what it is"};
    struct cli_table *out = cli_table_create(headers, 2);
    for (const struct fw_model_vtable *const *m = fw_model_list(); *m != NULL; m++) {
        cli_table_cell(out, "%s", (*m)->name);
        cli_table_cell(out, "%s", (*m)->summary);
    }
    cli_table_print(out, stdout);
}

/* What a search draws from; "-" when it leaves the setting alone. */
static void searched_cell(struct cli_table *out, const struct fw_tune_space *space, int32_t row)
{
    for (int32_t a = 0; a < space->n_axes; a++) {
        char text[256];
        if (space->axes[a].row == row) {
            cli_table_cell(out, "%s", fw_tune_axis_text(text, space, &space->axes[a]));
            return;
        }
    }
    cli_table_cell(out, "-");
}

static void show(const struct fw_model_vtable *model)
{
    static const char *const headers[] = {"setting", "range", "default", "searched", "what it does"};
    struct fw_tune_space space;
    fw_tune_space_init(&space, model->params);
    printf("%s: %s\n", model->name, model->summary);
    struct cli_table *out = cli_table_create(headers, 5);
    for (const struct fw_param_spec *p = model->params; p->name != NULL; p++) {
        cli_table_cell(out, "%s", p->name);
        if (p->choices != NULL) {
            char names[256] = "";
            for (const char *const *choice = p->choices; *choice != NULL; choice++) {
                size_t used = strlen(names);
                snprintf(names + used, sizeof names - used, "%s%s", used > 0 ? "|" : "", *choice);
            }
            cli_table_cell(out, "%s", names);
            cli_table_cell(out, "%s", p->choices[(int)p->fallback]);
        } else {
            cli_table_cell(out, "%g .. %g", p->min, p->max);
            cli_table_cell(out, "%g", p->fallback);
        }
        searched_cell(out, &space, (int32_t)(p - model->params));
        cli_table_cell(out, "%s%s%s%s%s", p->doc, p->scoring ? "; may be changed in a trained model" : "",
                       p->when != NULL ? " (" : "", p->when != NULL ? p->when : "", p->when != NULL ? ")" : "");
    }
    cli_table_print(out, stdout);
}

int cmd_models(int argc, char **argv)
{
    struct models_command c = {0};
    struct fw_error err = {0};
    const struct fw_model_vtable *model = NULL;
    CLI_PARSE(&parser, "models", argc, argv, &c);
    if (strcmp(c.verb, "list") == 0) {
        list();
        return 0;
    }
    if (fw_model_find(&model, c.name, &err) != FW_OK)
        return cli_fail(&err);
    show(model);
    return 0;
}
