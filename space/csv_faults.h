/* Bad rows on their way to the user: warnings where they are skipped, one error that names the first of them otherwise.
 */
#ifndef FW_SPACE_CSV_FAULTS_H
#define FW_SPACE_CSV_FAULTS_H

#include "space/csv_tokens.h"
#include "space/table.h"

#define FW_CSV_LINES_LISTED 5

struct fw_csv_faults {
    const char *file;
    const struct fw_table_options *options;
    const struct fw_csv_syntax *syntax;
    const char *const *names;           /* of the columns */
    int64_t n;                          /* bad rows so far */
    int64_t lines[FW_CSV_LINES_LISTED]; /* of those after the first */
    char first[512];
};

/* Takes in the bad rows of the next chunk; text is the batch that it lies in. */
void fw_csv_faults_note(struct fw_csv_faults *faults, const struct fw_csv_chunk *chunk, const char *text);

/* FW_E_INPUT when there were bad rows that are not to be skipped. whole: after the last chunk; otherwise the count is
 * only that of the rows so far. */
FW_NODISCARD
enum fw_status fw_csv_faults_report(const struct fw_csv_faults *faults, bool whole, struct fw_error *err);

#endif
