#include "cli/json_out.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/command.h"
#include "cli/terminal.h"
#include "core/json.h"
#include "core/shown.h"

/* Passes on what is there, ends the program otherwise. */
static cJSON *there(cJSON *value)
{
    if (value == NULL) {
        struct fw_error err = {.status = FW_E_NOMEM};
        exit(cli_fail(&err));
    }
    return value;
}

cJSON *cli_json_object(void)
{
    return there(cJSON_CreateObject());
}

cJSON *cli_json_array(void)
{
    return there(cJSON_CreateArray());
}

void cli_json_add(cJSON *object, const char *name, cJSON *value)
{
    there(cJSON_AddItemToObject(object, name, there(value)) ? value : NULL);
}

void cli_json_append(cJSON *array, cJSON *value)
{
    there(cJSON_AddItemToArray(array, there(value)) ? value : NULL);
}

void cli_json_add_text(cJSON *object, const char *name, const char *value)
{
    if (value == NULL) {
        cli_json_add(object, name, cJSON_CreateNull());
        return;
    }
    struct fw_buffer valid;
    fw_buffer_init(&valid, NULL);
    fw_shown_add_valid(&valid, fw_text_of(value));
    fw_buffer_add_text(&valid, ""); /* even an empty text has its NUL */
    cli_json_add(object, name, valid.failed ? NULL : cJSON_CreateString(valid.data));
    fw_buffer_clear(&valid);
}

/* Numbers as they are written here: cJSON's own are doubles. */
void cli_json_add_int(cJSON *object, const char *name, int64_t value)
{
    char digits[32];
    snprintf(digits, sizeof digits, "%" PRId64, value);
    cli_json_add(object, name, cJSON_CreateRaw(digits));
}

void cli_json_add_unsigned(cJSON *object, const char *name, uint64_t value)
{
    char digits[32];
    snprintf(digits, sizeof digits, "%" PRIu64, value);
    cli_json_add(object, name, cJSON_CreateRaw(digits));
}

void cli_json_add_int_or_null(cJSON *object, const char *name, int64_t value)
{
    if (value != 0)
        cli_json_add_int(object, name, value);
    else
        cli_json_add(object, name, cJSON_CreateNull());
}

void cli_json_add_real(cJSON *object, const char *name, double value)
{
    char digits[32];
    if (isnan(value)) {
        cli_json_add(object, name, cJSON_CreateNull());
    } else if (isinf(value)) {
        cli_json_add_text(object, name, value > 0 ? "inf" : "-inf");
    } else {
        fw_text_from_double(digits, value);
        cli_json_add(object, name, cJSON_CreateRaw(digits));
    }
}

void cli_json_add_bool(cJSON *object, const char *name, int value)
{
    cli_json_add(object, name, cJSON_CreateBool(value));
}

void cli_json_add_hash(cJSON *object, const char *name, uint64_t value)
{
    char digits[17];
    snprintf(digits, sizeof digits, "%016" PRIx64, value);
    cli_json_add_text(object, name, digits);
}

void cli_json_add_time(cJSON *object, const char *name, int64_t utc_us)
{
    char text[CLI_TIME_SIZE];
    cli_json_add_text(object, name, utc_us != 0 ? cli_time_iso(text, utc_us) : NULL);
}

void cli_json_add_document(cJSON *object, const char *name, const char *source)
{
    struct fw_buffer valid;
    fw_buffer_init(&valid, NULL);
    fw_shown_add_valid(&valid, fw_text_of(source));
    fw_buffer_add_text(&valid, "");
    cJSON *parsed = NULL;
    bool is_json = !valid.failed && fw_json_parse(&parsed, valid.data, (size_t)valid.length, name, NULL) == FW_OK;
    cJSON_Delete(parsed);
    /* the text itself, not the parsed tree: its numbers keep all their digits */
    cli_json_add(object, name,
                 valid.failed ? NULL
                 : is_json    ? cJSON_CreateRaw(valid.data)
                              : cJSON_CreateString(valid.data));
    fw_buffer_clear(&valid);
}

void cli_json_print(cJSON *tree)
{
    char *text = cJSON_Print(tree);
    if (text == NULL)
        there(NULL);
    puts(text);
    cJSON_free(text);
    cJSON_Delete(tree);
}
