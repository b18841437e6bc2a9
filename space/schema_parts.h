/* What the sources of the schema share among themselves; not for others. */
#ifndef FW_SPACE_SCHEMA_PARTS_H
#define FW_SPACE_SCHEMA_PARTS_H

#include "space/column_facts.h"
#include "space/schema.h"

/* "'" when a word needs quotes on a command line, else "". */
const char *fw_schema_quote(struct fw_text word);

/* Appends "'value' (rows), ..." for n values, and what is left out when there are more. */
void fw_schema_list_values(struct fw_buffer *text, const struct fw_table *table, int64_t column,
                           const struct fw_value_count *values, int n, int64_t n_all);

/* The error about texts in a column of numbers: the first one's line and value, all values with their counts, the
 * remedies. facts: of this column, which has such texts. named: the user said that it is numeric. */
enum fw_status fw_schema_not_numbers(struct fw_error *err, const struct fw_table *table, int64_t column,
                                     const struct fw_column_facts *facts, bool named, struct fw_allocator *mem);

/* Decides type, role and counts of a column. named: the option that named it, NULL for none. column->role is set. */
FW_NODISCARD
enum fw_status fw_schema_decide(struct fw_schema_column *column, const struct fw_table *table, int64_t index,
                                const struct fw_column_facts *facts, const char *named,
                                const struct fw_schema_options *options, struct fw_allocator *mem,
                                struct fw_error *err);

/* A single closing full stop is not part of a label: the test half of UCI Adult has ">50K.". */
struct fw_text fw_schema_label_text(struct fw_text text);

/* Whether two texts, both without full stop, are the same label. Numbers are compared by value, so that "1.0" in one
 * file is the "1" of another. */
bool fw_schema_same_label(struct fw_text a, struct fw_text b);

/* Fills the tasks of a schema, whose names and columns are set, with what options and table say: kinds, texts, weights
 * and counts. facts: (n_columns). */
FW_NODISCARD
enum fw_status fw_schema_infer_tasks(struct fw_schema *schema, const struct fw_table *table,
                                     const struct fw_schema_options *options, const struct fw_column_facts *facts,
                                     struct fw_error *err);

/* The option that names labels: "--label" or "--labels". */
const char *fw_schema_labels_option(const struct fw_schema_options *options);

#endif
