/* libsvm and libffm text as a table.
 *
 * libsvm, "label index:value ...": a numeric column for each index that occurs, named by it; an index that a line does
 * not name is 0 there. "qid:N" becomes the categorical column "qid".
 * libffm, "label field:index:1 ...": a categorical column "f<field>" for each field with the index as its value; a
 * field that a line does not name is missing there; several indices of one field are joined by '|' as a sequence, in
 * rising order. Values other than 1 are bad rows: a category has no size.
 * Both: the label is the column "label", the first; columns come in the order of their numbers; '#' begins a comment;
 * empty lines are no rows. A line that does not parse, or that names an index twice, is a bad row. */
#ifndef FW_SPACE_SVMLIGHT_H
#define FW_SPACE_SVMLIGHT_H

#include "space/schema.h"
#include "space/table.h"

/* Adds to a table read from libsvm or libffm text the features of a schema that no line of it names: 0 (libsvm) or
 * missing (libffm) on all rows, which is what their absence means. For scoring, before fw_schema_match. Tables of other
 * formats are left as they are. */
FW_NODISCARD
enum fw_status fw_svmlight_complete(struct fw_table *table, const struct fw_schema *schema, struct fw_error *err);

#endif
