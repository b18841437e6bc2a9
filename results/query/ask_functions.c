#include "results/query/ask_functions.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "core/utf8.h"

/* Sets of characters that trim takes away are short. */
#define LONGEST_SET 64

/* Of LIKE and GLOB: they take the product of the lengths of pattern and text. */
#define LONGEST_PATTERN 50

/* Of strftime. */
#define LONGEST_TIME_FORMAT 100
#define MAX_TIME_VALUES     10

bool fw_ask_function_is_harmless(const char *name)
{
    static const char *const harmless[] = {
        /* of values */
        "abs", "char", "coalesce", "format", "glob", "hex", "ifnull", "iif", "instr", "length", "like", "likelihood",
        "likely", "lower", "ltrim", "nullif", "octet_length", "printf", "quote", "random", "randomblob", "replace",
        "round", "rtrim", "sign", "soundex", "substr", "substring", "trim", "typeof", "unhex", "unicode", "unlikely",
        "upper", "zeroblob", "sqlite_version",
        /* of groups and windows */
        "avg", "count", "group_concat", "max", "min", "string_agg", "sum", "total", "cume_dist", "dense_rank",
        "first_value", "lag", "last_value", "lead", "nth_value", "ntile", "percent_rank", "rank", "row_number",
        /* of times */
        "current_date", "current_time", "current_timestamp", "date", "datetime", "julianday", "strftime", "time",
        "timediff", "unixepoch",
        /* of numbers */
        "acos", "acosh", "asin", "asinh", "atan", "atan2", "atanh", "ceil", "ceiling", "cos", "cosh", "degrees", "exp",
        "floor", "ln", "log", "log10", "log2", "mod", "pi", "pow", "power", "radians", "sin", "sinh", "sqrt", "tan",
        "tanh", "trunc",
        /* of JSON; json_patch is left out, its time grows with the square of the members */
        "->", "->>", "json", "json_array", "json_array_length", "json_error_position", "json_extract",
        "json_group_array", "json_group_object", "json_insert", "json_object", "json_quote", "json_remove",
        "json_replace", "json_set", "json_type", "json_valid"};
    for (size_t i = 0; i < sizeof harmless / sizeof harmless[0]; i++) {
        if (sqlite3_stricmp(name, harmless[i]) == 0)
            return true;
    }
    return false;
}

/* A text argument and its bytes; false for NULL or when memory is refused. */
static bool text_argument(const char **text, int64_t *n, sqlite3_value *value)
{
    *text = (const char *)sqlite3_value_text(value);
    *n = sqlite3_value_bytes(value);
    return *text != NULL;
}

static int64_t count_characters(const char *text, int64_t n)
{
    int64_t count = 0;
    for (int64_t i = 0; i < n; i++)
        count += ((unsigned char)text[i] & 0xc0) != 0x80;
    return count;
}

/* instr(x, y): the first place of y in x, in characters from 1 (bytes when both are blobs); 0: nowhere. */
static void instr(sqlite3_context *context, int n_values, sqlite3_value **values)
{
    (void)n_values;
    bool blobs = sqlite3_value_type(values[0]) == SQLITE_BLOB && sqlite3_value_type(values[1]) == SQLITE_BLOB;
    const char *text[2];
    int64_t n[2];
    for (int i = 0; i < 2; i++) {
        if (sqlite3_value_type(values[i]) == SQLITE_NULL)
            return;
        if (blobs) {
            text[i] = sqlite3_value_blob(values[i]);
            n[i] = sqlite3_value_bytes(values[i]);
        } else if (!text_argument(&text[i], &n[i], values[i])) {
            sqlite3_result_error_nomem(context);
            return;
        }
    }
    const char *found = n[1] == 0 ? text[0] : n[0] == 0 ? NULL : memmem(text[0], (size_t)n[0], text[1], (size_t)n[1]);
    if (found == NULL && n[1] > 0)
        sqlite3_result_int64(context, 0);
    else if (n[1] == 0 || blobs)
        sqlite3_result_int64(context, n[1] == 0 ? 1 : found - text[0] + 1);
    else
        sqlite3_result_int64(context, count_characters(text[0], found - text[0]) + 1);
}

/* Ends a function whose result is a string under construction. */
static void give(sqlite3_context *context, sqlite3_str *out)
{
    int code = sqlite3_str_errcode(out);
    int length = sqlite3_str_length(out);
    char *result = sqlite3_str_finish(out);
    if (code != SQLITE_OK) {
        sqlite3_free(result);
        sqlite3_result_error_code(context, code);
    } else {
        sqlite3_result_text(context, result != NULL ? result : "", length, result != NULL ? sqlite3_free : NULL);
    }
}

/* replace(x, y, z): each y in x becomes z. */
static void replace(sqlite3_context *context, int n_values, sqlite3_value **values)
{
    (void)n_values;
    const char *text;
    const char *what;
    const char *by;
    int64_t n;
    int64_t n_what;
    int64_t n_by;
    if (!text_argument(&text, &n, values[0]) || !text_argument(&what, &n_what, values[1]))
        return;
    if (n_what == 0) {
        sqlite3_result_value(context, values[0]);
        return;
    }
    if (!text_argument(&by, &n_by, values[2]))
        return;
    sqlite3_str *out = sqlite3_str_new(sqlite3_context_db_handle(context)); /* keeps to the limit of lengths */
    const char *end = text + n;
    while (text < end && sqlite3_str_errcode(out) == SQLITE_OK) {
        const char *found = memmem(text, (size_t)(end - text), what, (size_t)n_what);
        sqlite3_str_append(out, text, (int)((found != NULL ? found : end) - text));
        if (found != NULL)
            sqlite3_str_append(out, by, (int)n_by);
        text = found != NULL ? found + n_what : end;
    }
    give(context, out);
}

/* Bytes of the character at one end of a text when it is in the set; 0: it is not. */
static int64_t in_set(const char *text, int64_t n, const char *set, int64_t n_set, bool at_end)
{
    for (int64_t i = 0; i < n_set;) {
        uint32_t code;
        int length = fw_utf8_next(&code, set + i, (size_t)(n_set - i));
        length = length > 0 ? length : 1;
        if (length <= n && memcmp(at_end ? text + n - length : text, set + i, (size_t)length) == 0)
            return length;
        i += length;
    }
    return 0;
}

/* trim, ltrim, rtrim; user data: 1 the start, 2 the end, 3 both. */
static void trim(sqlite3_context *context, int n_values, sqlite3_value **values)
{
    const char *text;
    const char *set = " ";
    int64_t n;
    int64_t n_set = 1;
    int64_t taken;
    int ends = *(const int *)sqlite3_user_data(context);
    if (!text_argument(&text, &n, values[0]) || (n_values > 1 && !text_argument(&set, &n_set, values[1])))
        return;
    if (n_set > LONGEST_SET) {
        sqlite3_result_error(context, "trim takes at most 64 bytes of characters to take away", -1);
        return;
    }
    while ((ends & 1) != 0 && (taken = in_set(text, n, set, n_set, false)) > 0) {
        text += taken;
        n -= taken;
    }
    while ((ends & 2) != 0 && (taken = in_set(text, n, set, n_set, true)) > 0)
        n -= taken;
    sqlite3_result_text(context, text, (int)n, SQLITE_TRANSIENT);
}

struct fw_ask_clock {
    int (*is_over)(void *);
    void *self;
    bool glob;
};

/* pattern LIKE text [ESCAPE c], or GLOB; the pattern is the first argument. */
static void compare(sqlite3_context *context, int n_values, sqlite3_value **values)
{
    const struct fw_ask_clock *clock = sqlite3_user_data(context);
    const char *pattern;
    const char *text;
    const char *escape = NULL;
    int64_t n_pattern;
    int64_t n;
    int64_t n_escape = 0;
    uint32_t code = 0;
    if (clock->is_over(clock->self)) {
        sqlite3_result_error_code(context, SQLITE_INTERRUPT);
        return;
    }
    if (!text_argument(&pattern, &n_pattern, values[0]) || !text_argument(&text, &n, values[1]) ||
        (n_values > 2 && !text_argument(&escape, &n_escape, values[2])))
        return;
    if (n_pattern > LONGEST_PATTERN)
        sqlite3_result_error(context, "a pattern of LIKE or GLOB has at most 50 bytes", -1);
    else if (n_values > 2 && fw_utf8_next(&code, escape, (size_t)n_escape) != n_escape)
        sqlite3_result_error(context, "ESCAPE takes a single character", -1);
    else
        sqlite3_result_int(context,
                           (clock->glob ? sqlite3_strglob(pattern, text) : sqlite3_strlike(pattern, text, code)) == 0);
}

/* One conversion of printf: its flags, width and precision as they stand, and its letter. */
struct conversion {
    char head[48]; /* "%-10.3" */
    char letter;
    bool valid;
};

/* Reads a conversion at the '%' and returns what follows it. */
static const char *read_conversion(struct conversion *out, const char *at)
{
    const char *start = at++;
    *out = (struct conversion){.valid = true};
    at += strspn(at, "-+ 0#,!");
    for (int part = 0; part < 2; part++) {
        size_t digits = strspn(at, "0123456789");
        out->valid = out->valid && digits <= 2; /* at most 99 */
        at += digits;
        if (part == 0 && *at == '.')
            at++;
        else
            break;
    }
    size_t n = (size_t)(at - start);
    out->valid = out->valid && n < sizeof out->head - 4;
    memcpy(out->head, start, out->valid ? n : 0);
    at += strspn(at, "l");
    out->letter = *at;
    out->valid = out->valid && *at != '\0' && strchr("diuxXofeEgGsqQwzc%", *at) != NULL;
    return *at != '\0' ? at + 1 : at;
}

static void add_conversion(sqlite3_str *out, const struct conversion *conversion, sqlite3_value *value)
{
    char format[64];
    const char *text = value != NULL ? (const char *)sqlite3_value_text(value) : NULL;
    bool is_number = strchr("diuxXo", conversion->letter) != NULL;
    char letter = conversion->letter == 'c' ? 's' : conversion->letter;
    snprintf(format, sizeof format, "%s%s%c", conversion->head, is_number ? "ll" : "", letter);
    if (conversion->letter == '%') {
        sqlite3_str_appendchar(out, 1, '%');
    } else if (is_number) {
        sqlite3_str_appendf(out, format, value != NULL ? (long long)sqlite3_value_int64(value) : 0LL);
    } else if (strchr("feEgG", conversion->letter) != NULL) {
        sqlite3_str_appendf(out, format, value != NULL ? sqlite3_value_double(value) : 0.0);
    } else if (conversion->letter == 'c') {
        char first[8] = "";
        uint32_t code;
        int n = text != NULL ? fw_utf8_next(&code, text, strnlen(text, 4)) : 0;
        memcpy(first, text != NULL ? text : "", (size_t)n);
        sqlite3_str_appendf(out, format, first);
    } else {
        sqlite3_str_appendf(out, format, text == NULL && conversion->letter == 's' ? "" : text);
    }
}

/* printf(format, ...) */
static void print(sqlite3_context *context, int n_values, sqlite3_value **values)
{
    const char *at;
    int64_t n;
    if (n_values < 1 || !text_argument(&at, &n, values[0]))
        return;
    sqlite3_str *out = sqlite3_str_new(sqlite3_context_db_handle(context));
    int next = 1;
    while (*at != '\0' && sqlite3_str_errcode(out) == SQLITE_OK) {
        size_t plain = strcspn(at, "%");
        struct conversion conversion;
        sqlite3_str_append(out, at, (int)plain);
        at += plain;
        if (*at == '\0')
            break;
        at = read_conversion(&conversion, at);
        if (!conversion.valid) {
            sqlite3_free(sqlite3_str_finish(out));
            sqlite3_result_error(context, "printf: an unknown conversion, or a width or precision beyond 99", -1);
            return;
        }
        bool takes = conversion.letter != '%';
        add_conversion(out, &conversion, takes && next < n_values ? values[next] : NULL);
        next += takes;
    }
    give(context, out);
}

/* A connection of its own on which SQLite's strftime runs, since that of the question has ours in its place. */
struct fw_ask_calendar {
    sqlite3 *db;
    sqlite3_stmt *statements[MAX_TIME_VALUES + 1]; /* by the number of arguments */
};

static void close_calendar(void *self)
{
    struct fw_ask_calendar *calendar = self;
    for (int n = 0; n <= MAX_TIME_VALUES; n++)
        sqlite3_finalize(calendar->statements[n]);
    sqlite3_close(calendar->db);
    sqlite3_free(calendar);
}

/* strftime(format, ...) for formats of a sensible length: SQLite builds its text a few bytes at a time, and moves the
 * whole for each of them once it is half as long as it may become. */
static void format_time(sqlite3_context *context, int n_values, sqlite3_value **values)
{
    struct fw_ask_calendar *calendar = sqlite3_user_data(context);
    if (n_values < 1 || n_values > MAX_TIME_VALUES || sqlite3_value_bytes(values[0]) > LONGEST_TIME_FORMAT) {
        sqlite3_result_error(context, "strftime takes 1 to 10 values and a format of at most 100 bytes", -1);
        return;
    }
    sqlite3_stmt **statement = &calendar->statements[n_values];
    int code = SQLITE_OK;
    if (*statement == NULL) {
        char sql[64] = "SELECT strftime(?";
        for (int i = 1; i < n_values; i++)
            strcat(sql, ",?");
        code = sqlite3_prepare_v2(calendar->db, strcat(sql, ")"), -1, statement, NULL);
    }
    for (int i = 0; i < n_values && code == SQLITE_OK; i++)
        code = sqlite3_bind_value(*statement, i + 1, values[i]);
    if (code == SQLITE_OK && (code = sqlite3_step(*statement)) == SQLITE_ROW)
        sqlite3_result_value(context, sqlite3_column_value(*statement, 0));
    else
        sqlite3_result_error_code(context, code);
    sqlite3_reset(*statement);
}

static int install_calendar(sqlite3 *db)
{
    struct fw_ask_calendar *calendar = sqlite3_malloc64(sizeof *calendar);
    if (calendar == NULL)
        return SQLITE_NOMEM;
    memset(calendar, 0, sizeof *calendar);
    int code = sqlite3_open_v2(":memory:", &calendar->db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL);
    if (code != SQLITE_OK) {
        close_calendar(calendar);
        return code;
    }
    return sqlite3_create_function_v2(db, "strftime", -1, SQLITE_UTF8 | SQLITE_INNOCUOUS, calendar, format_time, NULL,
                                      NULL, close_calendar);
}

static int install(sqlite3 *db, const char *name, int n_values, void *self,
                   void (*run)(sqlite3_context *, int, sqlite3_value **), void (*destroy)(void *))
{
    return sqlite3_create_function_v2(db, name, n_values, SQLITE_UTF8 | SQLITE_DETERMINISTIC | SQLITE_INNOCUOUS, self,
                                      run, NULL, NULL, destroy);
}

/* like and glob, each with a clock of its own, which SQLite frees. */
static int install_compare(sqlite3 *db, const char *name, int n_values, int (*is_over)(void *), void *self)
{
    struct fw_ask_clock *clock = sqlite3_malloc64(sizeof *clock);
    if (clock == NULL)
        return SQLITE_NOMEM;
    *clock = (struct fw_ask_clock){is_over, self, name[0] == 'g'};
    return install(db, name, n_values, clock, compare, sqlite3_free);
}

int fw_ask_functions_install(sqlite3 *db, int (*is_over)(void *), void *self)
{
    static const int start = 1;
    static const int end = 2;
    static const int both = 3;
    static const struct {
        const char *name;
        int n_values;
        void (*run)(sqlite3_context *, int, sqlite3_value **);
        const int *ends;
    } functions[] = {{"instr", 2, instr, NULL},  {"replace", 3, replace, NULL}, {"ltrim", 1, trim, &start},
                     {"ltrim", 2, trim, &start}, {"rtrim", 1, trim, &end},      {"rtrim", 2, trim, &end},
                     {"trim", 1, trim, &both},   {"trim", 2, trim, &both},      {"printf", -1, print, NULL},
                     {"format", -1, print, NULL}};
    int code = SQLITE_OK;
    for (size_t i = 0; i < sizeof functions / sizeof functions[0] && code == SQLITE_OK; i++)
        code = install(db, functions[i].name, functions[i].n_values, (void *)(uintptr_t)functions[i].ends,
                       functions[i].run, NULL);
    for (int n = 2; n <= 3 && code == SQLITE_OK; n++)
        code = install_compare(db, "like", n, is_over, self);
    if (code == SQLITE_OK)
        code = install_compare(db, "glob", 2, is_over, self);
    return code == SQLITE_OK ? install_calendar(db) : code;
}
