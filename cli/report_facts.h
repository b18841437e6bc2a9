/* The end of a report page: what it takes to do the same again. */
#ifndef FW_CLI_REPORT_FACTS_H
#define FW_CLI_REPORT_FACTS_H

#include <stdint.h>

#include "core/text.h"

struct cli_report_facts {
    const char *command_line, *path, *plan;
    const char *model; /* NULL: no row */
    int64_t rows;
    uint64_t fingerprint, seed;
    int64_t study; /* 0: not recorded */
    const char *store;
    const char *options; /* as JSON; NULL: empty */
};

/* Appends the heading and the table. */
void cli_report_facts(struct fw_buffer *out, const struct cli_report_facts *facts);

#endif
