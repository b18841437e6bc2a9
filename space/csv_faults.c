#include "space/csv_faults.h"

#include <stdio.h>
#include <string.h>

#define WARNINGS_LOGGED 20

/* One bad row in words, without a remedy. NUL bytes cannot be shown; all else is escaped by error and log. */
static void describe(char *out, size_t size, const struct fw_csv_faults *faults, const struct fw_csv_chunk *chunk,
                     const struct fw_csv_fault *fault, const char *text)
{
    long long line = (long long)(chunk->first_line + fault->line);
    int64_t n_columns = faults->syntax->n_columns;
    const char *column = fault->column < n_columns ? faults->names[fault->column] : "";
    const char *value = text + fault->position;
    int length = (int)fault->length;
    const char *delimiter = memchr(value, faults->syntax->delimiter, fault->length);
    bool quoted = fault->kind == FW_CSV_UNCLOSED || fault->kind == FW_CSV_ENDLESS;
    if (delimiter != NULL && !quoted)
        length = (int)(delimiter - value);
    switch (fault->kind) {
    case FW_CSV_TOO_FEW:
        snprintf(out, size, "%s:%lld: %lld fields where the table has %lld columns; the last is '%.*s' in column '%s'",
                 faults->file, line, (long long)fault->n_fields, (long long)n_columns, length, value, column);
        return;
    case FW_CSV_TOO_MANY:
        snprintf(out, size, "%s:%lld: %lld fields where the table has %lld columns; the first beyond them is '%.*s'",
                 faults->file, line, (long long)fault->n_fields, (long long)n_columns, length, value);
        return;
    case FW_CSV_UNCLOSED:
        snprintf(out, size, "%s:%lld: column '%s': the quote opened at %.*s is never closed", faults->file, line,
                 column, length, value);
        return;
    case FW_CSV_ENDLESS:
        snprintf(out, size, "%s:%lld: column '%s': the quote opened at %.*s is not closed within %zu bytes",
                 faults->file, line, column, length, value, faults->syntax->max_field);
        return;
    case FW_CSV_JUNK:
        snprintf(out, size, "%s:%lld: column '%s': '%.*s' follows a closing quote; double the quotes inside a field",
                 faults->file, line, column, length, value);
        return;
    case FW_CSV_NUL:
        snprintf(out, size, "%s:%lld: column '%s' holds a NUL byte; is this a text file in UTF-8?", faults->file, line,
                 column);
        return;
    case FW_CSV_TOO_LONG:
        snprintf(out, size, "%s:%lld: column '%s': a field of more than %zu bytes begins with '%.*s'", faults->file,
                 line, column, faults->syntax->max_field, length, value);
        return;
    }
}

void fw_csv_faults_note(struct fw_csv_faults *faults, const struct fw_csv_chunk *chunk, const char *text)
{
    int64_t kept = chunk->n_faults < FW_CSV_FAULTS_KEPT ? chunk->n_faults : FW_CSV_FAULTS_KEPT;
    for (int64_t i = 0; i < kept; i++) {
        int64_t number = faults->n + i;
        if (number == 0)
            describe(faults->first, sizeof faults->first, faults, chunk, &chunk->faults[i], text);
        else if (number <= FW_CSV_LINES_LISTED)
            faults->lines[number - 1] = chunk->first_line + chunk->faults[i].line;
        if (!faults->options->skip_bad_rows || number >= WARNINGS_LOGGED)
            continue;
        char warning[sizeof faults->first];
        describe(warning, sizeof warning, faults, chunk, &chunk->faults[i], text);
        fw_log_write(faults->options->log, FW_LOG_WARNING, "skipped a bad row: %s", warning);
    }
    faults->n += chunk->n_faults;
}

enum fw_status fw_csv_faults_report(const struct fw_csv_faults *faults, bool whole, struct fw_error *err)
{
    if (faults->n == 0)
        return FW_OK;
    char count[32];
    fw_text_count(count, faults->n);
    if (faults->options->skip_bad_rows) {
        fw_log_write(faults->options->log, FW_LOG_WARNING, "%s: %s bad %s skipped", faults->file, count,
                     faults->n == 1 ? "row was" : "rows were");
        return FW_OK;
    }
    if (faults->n == 1)
        return fw_error_set(err, FW_E_INPUT, "%s; repair the row, or leave it out with --on-bad-row skip",
                            faults->first);
    char lines[160] = "";
    int used = 0;
    int64_t listed = faults->n - 1 < FW_CSV_LINES_LISTED ? faults->n - 1 : FW_CSV_LINES_LISTED;
    for (int64_t i = 0; i < listed; i++)
        used += snprintf(lines + used, sizeof lines - (size_t)used, "%s%lld", i == 0 ? "" : ", ",
                         (long long)faults->lines[i]);
    return fw_error_set(err, FW_E_INPUT,
                        "%s; %s bad rows %s, the next at line%s %s%s; repair them, or leave them out with "
                        "--on-bad-row skip",
                        faults->first, count, whole ? "in all" : "so far", listed == 1 ? "" : "s", lines,
                        listed < faults->n - 1 ? ", ..." : "");
}
