/* `fieldwise trials`: what was tried, what was chosen and why, what won. One file an action, trials_<action>.c. */
#include <stdio.h>
#include <string.h>

#include "cli/command.h"
#include "cli/trials/trials.h"

static const struct cli_command actions[] = {
    {"list", trials_list, "the studies of a store, or the trials of one", true},
    {"show", trials_show, "one study with its decisions, or one trial with all its figures", true},
    {"best", trials_best, "the best trials of one study, or of each", true},
    {"compare", trials_compare, "two studies or two trials side by side", true},
    {"importance", trials_importance, "which settings, or which crosses, mattered", true},
    {"lineage", trials_lineage, "what a model or plan file came from, and how to make it again", true},
    {"report", trials_report, "one study as a page of HTML", true},
    {"export", trials_export, "trials as a file for other programs", true},
    {"sql", trials_sql, "any question in SQL", true},
    {"serve", trials_serve, "the store as pages in a browser, followed while searches run", true},
    {"tag", trials_tag, "give a study tags, or take them away", true},
    {"rename", trials_rename, "give a study another name", true},
    {"annotate", trials_annotate, "write a note on a study", true},
    {"archive", trials_archive, "hide a study that is done with", true},
    {"delete", trials_delete, "delete studies with their trials", true},
    {"gc", trials_gc, "clear away records of lost files and what killed runs left", true},
    {"verify", trials_verify, "is the store what was written? salvage what can be", true},
    {NULL, NULL, NULL, true},
};

static void print_help(FILE *stream)
{
    fprintf(stream, "Usage: fieldwise trials ACTION [OPTION...] [ARGUMENT...]\n"
                    "What was tried, what was chosen and why, what won.\n"
                    "\n"
                    "  fieldwise trials list                  the studies of the store\n"
                    "  fieldwise trials list autocross-1      the trials of a study\n"
                    "  fieldwise trials show autocross-1      one study: its decisions and its best trials\n"
                    "  fieldwise trials show autocross-1/42   one trial with all its figures\n"
                    "  fieldwise trials best --top 3          the best trials of each study\n"
                    "  fieldwise trials best tune-2 --pareto  trials that no other beats in all figures\n"
                    "  fieldwise trials compare tune-2/1 tune-2/9\n"
                    "  fieldwise trials importance tune-2     which settings mattered\n"
                    "  fieldwise trials lineage model.fw      where a file came from\n"
                    "  fieldwise trials report 2 -o two.html  one study as a page of HTML\n"
                    "\n"
                    "Actions:\n");
    cli_print_commands(actions, stream);
    fprintf(stream, "\nA study is named by its name or its number. 'fieldwise trials ACTION --help' lists an action's\n"
                    "options.\n");
}

int cmd_trials(int argc, char **argv)
{
    if (argc < 2)
        return cli_usage("trials", "say what to do: list, show, best, ...");
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-?") == 0) {
        print_help(stdout);
        return 0;
    }
    if (argv[1][0] == '-')
        return cli_usage("trials", "the action comes first: fieldwise trials ACTION %s", argv[1]);
    for (const struct cli_command *a = actions; a->name != NULL; a++) {
        if (strcmp(argv[1], a->name) == 0)
            return a->run(argc - 1, argv + 1);
    }
    const char *near = cli_nearest_command(actions, argv[1]);
    return cli_usage("trials", "there is no '%s'%s%s%s", argv[1], near != NULL ? "; did you mean '" : "",
                     near != NULL ? near : "", near != NULL ? "'?" : "");
}
