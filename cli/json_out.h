/* JSON on standard output, for --json: what cJSON does not do by itself. Whole numbers keep all 64 bits, numbers that
 * JSON cannot hold become null (NaN) or the texts "inf" and "-inf", texts are made valid UTF-8, times are ISO 8601.
 *
 * Refused memory is noted in the cJSON tree only as a missing member, so the adders say it themselves: the program ends
 * with exit code 6, and nothing has been printed by then. */
#ifndef FW_CLI_JSON_OUT_H
#define FW_CLI_JSON_OUT_H

#include <cjson/cJSON.h>
#include <stdint.h>

/* New values of their own, owned by the caller; never NULL. */
cJSON *cli_json_object(void);
cJSON *cli_json_array(void);

/* Members of an object. A text of NULL becomes null; cli_json_add takes ownership of `value`. */
void cli_json_add(cJSON *object, const char *name, cJSON *value);
void cli_json_append(cJSON *array, cJSON *value);
void cli_json_add_text(cJSON *object, const char *name, const char *value);
void cli_json_add_int(cJSON *object, const char *name, int64_t value);
void cli_json_add_unsigned(cJSON *object, const char *name, uint64_t value);
void cli_json_add_int_or_null(cJSON *object, const char *name, int64_t value); /* 0 becomes null */
void cli_json_add_real(cJSON *object, const char *name, double value);
void cli_json_add_bool(cJSON *object, const char *name, int value);
void cli_json_add_hash(cJSON *object, const char *name, uint64_t value);         /* 16 hexadecimal digits */
void cli_json_add_time(cJSON *object, const char *name, int64_t utc_us);         /* 0 becomes null */
void cli_json_add_document(cJSON *object, const char *name, const char *source); /* stored JSON; else a text */

/* Prints the tree, indented, with a newline, and frees it. */
void cli_json_print(cJSON *tree);

#endif
