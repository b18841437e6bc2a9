/* What each label is: which two texts it has, or that it is a number, and what the options say about it. */
#include <math.h>
#include <string.h>

#include "space/schema_parts.h"

/* Label texts whose meaning is known; case does not matter. */
static const struct {
    const char *negative, *positive;
} known_pairs[] = {{"0", "1"}, {"-1", "1"}, {"false", "true"}, {"f", "t"}, {"no", "yes"}, {"n", "y"}};

/* A task whose kind is being found. */
struct finding {
    struct fw_schema *schema;
    struct fw_task *task;
    const struct fw_table *table;
    const struct fw_column_facts *facts; /* of its column */
    const char *positive;                /* as given; NULL: not */
};

static bool is_known(struct fw_text text, const char *known)
{
    return fw_text_equal_ignoring_case(text, fw_text_of(known)) || fw_schema_same_label(text, fw_text_of(known));
}

/* The distinct labels of a column, up to three: more are not told apart. */
struct classes {
    struct fw_text text[3];
    int64_t rows[3]; /* the last one's may be too small when there are more than three */
    int n;
};

static void add_class(struct classes *classes, struct fw_text text, int64_t rows)
{
    for (int k = 0; k < classes->n; k++) {
        if (fw_schema_same_label(classes->text[k], text)) {
            classes->rows[k] += rows;
            return;
        }
    }
    if (classes->n < 3) {
        classes->text[classes->n] = text;
        classes->rows[classes->n++] = rows;
    }
}

/* "--positive 'COLUMN=VALUE'"; the column only where there are several. */
static void add_example(struct fw_buffer *out, const struct finding *f, struct fw_text value)
{
    bool several = f->schema->n_tasks > 1;
    const char *name = several ? f->task->name : "";
    const char *quote = fw_schema_quote(value);
    if (several && quote[0] == '\0')
        quote = fw_schema_quote(fw_text_of(name));
    fw_buffer_addf(out, "--positive %s%.60s%s%.*s%s", quote, name, several ? "=" : "", fw_value_shown(value),
                   value.data, quote);
}

/* A number is learned only beside other labels. */
static void add_number_remedy(struct fw_buffer *out, const struct finding *f)
{
    const char *quote = fw_schema_quote(fw_text_of(f->task->name));
    if (f->schema->n_tasks > 1 && f->facts->number_rows > 0 && f->facts->other_rows == 0)
        fw_buffer_addf(out, ", or predict the number with --regression %s%.60s%s", quote, f->task->name, quote);
    fw_buffer_add_text(out, ", or another label");
}

/* What to say about a label that is not two known values. */
static enum fw_status unclear_label(struct fw_error *err, const struct finding *f, const int64_t *counts,
                                    const struct classes *classes)
{
    enum { listed = 5 };
    enum fw_status status = FW_OK;
    const struct fw_table_column *column = &f->table->columns[f->task->column];
    int64_t n_codes = fw_dictionary_size(column->dictionary);
    int64_t n_values = 0;
    for (int64_t code = 1; code < n_codes; code++)
        n_values += counts[code] > 0;
    struct fw_value_count top[listed];
    int n = fw_column_top_values(top, listed, counts, n_codes);
    struct fw_buffer list, remedy;
    fw_buffer_init(&list, f->schema->mem);
    fw_buffer_init(&remedy, f->schema->mem);
    fw_schema_list_values(&list, f->table, f->task->column, top, n, n_values);
    /* the rarer of two is the likelier positive one */
    add_example(&remedy, f, classes->text[classes->n == 2 && classes->rows[0] < classes->rows[1] ? 0 : 1]);
    if (classes->n > 2)
        add_number_remedy(&remedy, f);
    FW_TRY_GOTO(fw_buffer_check(&list, err), done);
    FW_TRY_GOTO(fw_buffer_check(&remedy, err), done);
    if (f->positive != NULL)
        status = fw_error_set(err, FW_E_INPUT, "%s: no row has the positive label '%.60s'; the values of '%s' are %s",
                              f->table->path, f->positive, column->name, list.data);
    else if (classes->n == 2)
        status = fw_error_set(err, FW_E_INPUT,
                              "%s: which value of the label '%s' is the positive one? It has %s; say so, for example "
                              "with %s",
                              f->table->path, column->name, list.data, remedy.data);
    else
        status = fw_error_set(err, FW_E_INPUT,
                              "%s: the label '%s' has %lld values, not two: %s; name the one to predict against all "
                              "others, for example with %s",
                              f->table->path, column->name, (long long)n_values, list.data, remedy.data);
done:
    fw_buffer_clear(&remedy);
    fw_buffer_clear(&list);
    return status;
}

static enum fw_status set_texts(const struct finding *f, struct fw_text positive, struct fw_text negative,
                                struct fw_error *err)
{
    f->task->positive = fw_strndup(f->schema->mem, positive.data, positive.length);
    f->task->negative = fw_strndup(f->schema->mem, negative.data, negative.length);
    if (f->task->positive == NULL || f->task->negative == NULL)
        return fw_error_nomem(err, f->schema->mem, "a label's text", (int64_t)(positive.length + negative.length), 1);
    return FW_OK;
}

/* Index of the positive one of the classes, -1: not known. */
static int find_positive(const struct classes *classes, const char *positive)
{
    for (int k = 0; k < classes->n && positive != NULL; k++) {
        if (fw_schema_same_label(classes->text[k], fw_schema_label_text(fw_text_of(positive))))
            return k;
    }
    for (size_t i = 0; i < sizeof known_pairs / sizeof known_pairs[0] && positive == NULL && classes->n == 2; i++) {
        for (int k = 0; k < 2; k++) {
            if (is_known(classes->text[k], known_pairs[i].positive) &&
                is_known(classes->text[1 - k], known_pairs[i].negative))
                return k;
        }
    }
    return -1;
}

static enum fw_status one_value(struct fw_error *err, const struct finding *f, struct fw_text value, int64_t n)
{
    char rows[32];
    return fw_error_set(err, FW_E_INPUT,
                        "%s: the label '%s' has one value only, '%.*s' on %s rows: there is nothing to learn",
                        f->table->path, f->task->name, fw_value_shown(value), value.data, fw_text_count(rows, n));
}

/* The two texts of a label stored as codes. */
static enum fw_status texts_from_codes(const struct finding *f, struct fw_error *err)
{
    const struct fw_table_column *column = &f->table->columns[f->task->column];
    int64_t n_codes = fw_dictionary_size(column->dictionary);
    enum fw_status status = FW_OK;
    struct classes classes = {.n = 0};
    int64_t *counts;
    FW_ALLOC(counts, f->schema->mem, n_codes, "counting labels", err);
    fw_column_count_codes(counts, f->table, f->task->column);
    /* a positive text that was given is looked for first, so that it is among those told apart */
    for (int pass = f->positive != NULL ? 0 : 1; pass < 2; pass++) {
        for (int64_t code = 1; code < n_codes; code++) {
            struct fw_text text = fw_schema_label_text(fw_dictionary_text(column->dictionary, (uint32_t)code));
            bool given =
                f->positive != NULL && fw_schema_same_label(text, fw_schema_label_text(fw_text_of(f->positive)));
            if (counts[code] > 0 && given == (pass == 0))
                add_class(&classes, text, counts[code]);
        }
    }
    int k = find_positive(&classes, f->positive);
    if (classes.n == 1)
        status = one_value(err, f, classes.text[0], classes.rows[0]);
    else if (k < 0)
        status = unclear_label(err, f, counts, &classes);
    else
        status = set_texts(f, classes.text[k], classes.n == 2 ? classes.text[1 - k] : fw_text_of(FW_SCHEMA_OTHER), err);
    fw_free(f->schema->mem, counts);
    return status;
}

/* Stored as numbers, a label has thousands of values: one of them against the rest, if the user says so. */
static enum fw_status texts_from_numbers(const struct finding *f, struct fw_error *err)
{
    const struct fw_table_column *column = &f->table->columns[f->task->column];
    bool several = f->schema->n_tasks > 1;
    double value;
    if (f->positive == NULL || !fw_text_to_double(fw_schema_label_text(fw_text_of(f->positive)), &value))
        return fw_error_set(err, FW_E_INPUT,
                            "%s: the label '%s' has thousands of different numbers, not two values; name the one to "
                            "predict against all others with --positive %s%sNUMBER%s%s, or another label",
                            f->table->path, column->name, several ? column->name : "", several ? "=" : "",
                            several ? ", or predict the number with --regression " : "", several ? column->name : "");
    bool found = false;
    for (int64_t row = 0; row < f->table->n_rows && !found; row++)
        found = column->numbers[row] == value;
    if (!found)
        return fw_error_set(err, FW_E_INPUT, "%s: no row has the positive label '%.60s' in column '%s'", f->table->path,
                            f->positive, column->name);
    return set_texts(f, fw_schema_label_text(fw_text_of(f->positive)), fw_text_of(FW_SCHEMA_OTHER), err);
}

/* Counts, and for numbers whether there is anything to learn: two values at least. */
static enum fw_status count_labels(const struct finding *f, struct fw_error *err)
{
    struct fw_task *task = f->task;
    bool differ = false;
    float first = NAN;
    float *labels;
    FW_ALLOC(labels, f->schema->mem, f->table->n_rows, "the labels", err);
    enum fw_status status =
        fw_schema_labels(f->schema, (int32_t)(task - f->schema->tasks), f->table, task->column, labels, err);
    for (int64_t row = 0; row < f->table->n_rows && status == FW_OK; row++) {
        if (isnan(labels[row]))
            continue;
        first = isnan(first) ? labels[row] : first;
        differ = differ || labels[row] != first;
        task->n_labelled++;
        task->n_positive += task->kind == FW_TASK_BINARY && labels[row] == 1;
    }
    if (status == FW_OK && !differ) {
        char text[32];
        int length = isnan(first) ? 0 : fw_text_from_float(text, first);
        status = one_value(err, f, (struct fw_text){text, (size_t)length}, task->n_labelled);
    }
    fw_free(f->schema->mem, labels);
    return status;
}

/* The task of this name in the schema that is known; NULL: there is none. */
static const struct fw_task *find_known(const struct fw_schema_options *options, const char *name)
{
    for (int32_t t = 0; options->known != NULL && t < options->known->n_tasks; t++) {
        if (strcmp(options->known->tasks[t].name, name) == 0)
            return &options->known->tasks[t];
    }
    return NULL;
}

static enum fw_status infer_task(const struct finding *f, const struct fw_task *known, struct fw_error *err)
{
    char rows[32];
    const struct fw_table_column *column = &f->table->columns[f->task->column];
    if (column->n_missing == f->table->n_rows)
        return fw_error_set(err, FW_E_INPUT, "%s: the label '%s' has no value on any of %s rows", f->table->path,
                            column->name, fw_text_count(rows, f->table->n_rows));
    if (f->task->kind == FW_TASK_BINARY && known != NULL && known->kind == FW_TASK_BINARY && f->positive == NULL)
        FW_TRY(set_texts(f, fw_text_of(known->positive), fw_text_of(known->negative), err));
    else if (f->task->kind == FW_TASK_BINARY)
        FW_TRY(column->storage == FW_STORED_CODES ? texts_from_codes(f, err) : texts_from_numbers(f, err));
    return count_labels(f, err);
}

/* What "COLUMN=VALUE" says of which task: NULL when it begins with no label and '='. A label may have been named by its
 * place; of names that begin alike the longest counts. */
static const char *setting_of(int32_t *task_out, const struct fw_schema *schema,
                              const struct fw_schema_options *options, const char *setting)
{
    size_t longest = 0; /* name and '=' */
    for (int32_t t = 0; t < schema->n_tasks; t++) {
        const char *const names[] = {schema->tasks[t].name, options->labels.names[t]};
        for (int k = 0; k < 2; k++) {
            size_t length = strlen(names[k]);
            if (length < longest || strncmp(setting, names[k], length) != 0 || setting[length] != '=')
                continue;
            longest = length + 1;
            *task_out = t;
        }
    }
    return longest > 0 ? setting + longest : NULL;
}

static enum fw_status of_no_label(struct fw_error *err, const struct fw_schema *schema, const char *option,
                                  const char *what, const char *setting)
{
    struct fw_buffer names;
    fw_buffer_init(&names, schema->mem);
    for (int32_t t = 0; t < schema->n_tasks && names.length < 200; t++)
        fw_buffer_addf(&names, "%s%.60s", t > 0 ? ", " : "", schema->tasks[t].name);
    enum fw_status status = fw_buffer_check(&names, err);
    if (status == FW_OK)
        status = fw_error_set(err, FW_E_ARG, "%s: '%.100s' is of none of the labels; give it as %s %s", option, setting,
                              what, schema->n_tasks > 0 ? names.data : "and name the labels with --label or --labels");
    fw_buffer_clear(&names);
    return status;
}

static enum fw_status take_positives(const char **positive, const struct fw_schema *schema,
                                     const struct fw_schema_options *options, struct fw_error *err)
{
    for (int64_t i = 0; i < options->positives.n && schema->n_tasks > 0; i++) {
        int32_t t = 0;
        const char *setting = options->positives.names[i];
        const char *value = setting_of(&t, schema, options, setting);
        if (value == NULL && schema->n_tasks > 1)
            return of_no_label(err, schema, "--positive", "COLUMN=VALUE, the column being one of:", setting);
        value = value != NULL ? value : setting;
        if (positive[t] != NULL)
            return fw_error_set(err, FW_E_ARG, "--positive: '%.60s' and '%.60s' are given for the label '%s'; give one",
                                positive[t], value, schema->tasks[t].name);
        positive[t] = value;
    }
    return FW_OK;
}

static enum fw_status take_numbers(struct fw_schema *schema, const struct fw_table *table,
                                   const struct fw_schema_options *options, const char *const *positive,
                                   struct fw_error *err)
{
    for (int64_t i = 0; i < options->regression.n; i++) {
        const char *name = options->regression.names[i];
        int64_t column = -1;
        int32_t t = 0;
        FW_TRY(fw_schema_find_column(&column, table, name, "--regression", err));
        while (t < schema->n_tasks && schema->tasks[t].column != column)
            t++;
        if (t == schema->n_tasks)
            return of_no_label(err, schema, "--regression", "one of the labels:", name);
        if (positive[t] != NULL)
            return fw_error_set(err, FW_E_ARG,
                                "the label '%s' has a positive value (--positive) and is a number (--regression); "
                                "give one",
                                schema->tasks[t].name);
        schema->tasks[t].kind = FW_TASK_NUMBER;
    }
    return FW_OK;
}

static enum fw_status take_weights(struct fw_schema *schema, const struct fw_schema_options *options,
                                   struct fw_error *err)
{
    for (int64_t i = 0; i < options->task_weights.n; i++) {
        int32_t t = 0;
        double weight;
        const char *setting = options->task_weights.names[i];
        const char *value = setting_of(&t, schema, options, setting);
        if (value == NULL)
            return of_no_label(err, schema, "--task-weight", "COLUMN=WEIGHT, the column being one of:", setting);
        if (!fw_text_to_double(fw_text_of(value), &weight) || !(weight > 0) || !isfinite((float)weight) ||
            !((float)weight > 0))
            return fw_error_set(err, FW_E_ARG, "--task-weight: the weight of '%s' is '%.60s'; it is a number above 0",
                                schema->tasks[t].name, value);
        schema->tasks[t].weight = weight;
    }
    return FW_OK;
}

const char *fw_schema_labels_option(const struct fw_schema_options *options)
{
    return options->labels.n > 1 ? "--labels" : "--label";
}

enum fw_status fw_schema_infer_tasks(struct fw_schema *schema, const struct fw_table *table,
                                     const struct fw_schema_options *options, const struct fw_column_facts *facts,
                                     struct fw_error *err)
{
    const char *positive[FW_TASKS_MOST] = {NULL};
    FW_TRY(take_positives(positive, schema, options, err));
    for (int32_t t = 0; t < schema->n_tasks; t++) {
        const struct fw_task *known = find_known(options, schema->tasks[t].name);
        if (known == NULL)
            continue;
        schema->tasks[t].weight = known->weight;
        schema->tasks[t].kind = positive[t] != NULL ? FW_TASK_BINARY : known->kind;
    }
    FW_TRY(take_numbers(schema, table, options, positive, err));
    FW_TRY(take_weights(schema, options, err));
    for (int32_t t = 0; t < schema->n_tasks; t++) {
        struct fw_task *task = &schema->tasks[t];
        FW_TRY(infer_task(&(struct finding){schema, task, table, &facts[task->column], positive[t]},
                          find_known(options, task->name), err));
    }
    return FW_OK;
}
