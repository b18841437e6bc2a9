#include "cli/trials/split_names.h"

#include <string.h>

#include "core/text.h"

enum fw_status split_names(struct split_names *out, const char *text, const char *option, struct fw_error *err)
{
    struct split_names names = {0};
    int n = 1;
    for (const char *at = text; *at != '\0'; at++)
        n += *at == ',';
    enum fw_status status = FW_OK;
    FW_ALLOC_GOTO(names.names, NULL, n, "names of columns", err, done);
    names.text = fw_strndup(NULL, text, strlen(text));
    if (names.text == NULL)
        FW_TRY_GOTO(fw_error_nomem(err, NULL, "names of columns", n, 16), done);
    for (char *at = names.text; at != NULL;) {
        char *comma = strchr(at, ',');
        if (comma != NULL)
            *comma = '\0';
        struct fw_text name = fw_text_trim(fw_text_of(at));
        if (name.length == 0)
            FW_TRY_GOTO(fw_error_set(err, FW_E_ARG, "%s '%s' has an empty name", option, text), done);
        char *start = at + (name.data - at);
        start[name.length] = '\0';
        names.names[names.n++] = start;
        at = comma != NULL ? comma + 1 : NULL;
    }
    *out = names;
done:
    if (status != FW_OK)
        split_names_clear(&names);
    return status;
}

void split_names_clear(struct split_names *names)
{
    fw_free(NULL, names->names);
    fw_free(NULL, names->text);
    *names = (struct split_names){0};
}
