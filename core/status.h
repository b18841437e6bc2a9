/* Status codes and error text: the one way in which every function of fieldwise fails.
 *
 * A function that can fail returns `enum fw_status` and takes a `struct fw_error *` last. The function that detects a
 * fault writes the message, once, with the offending value and the remedy; callers pass the status on with FW_TRY and
 * never overwrite the text. The error struct is the caller's (often on the stack) and may be NULL.
 *
 *     struct fw_error err = {0};
 *     if (fw_table_read(&table, source, &options, mem, &err))
 *         fprintf(stderr, "fieldwise: %s\n", err.message);
 *
 * Thread rules: an error struct belongs to one thread at a time. */
#ifndef FW_CORE_STATUS_H
#define FW_CORE_STATUS_H

#include <stdarg.h>

#ifdef __cplusplus
extern "C" {
#endif

/* name, value, exit code of the program, text */
#define FW_STATUS_LIST(X)                                                                                              \
    X(FW_OK, 0, 0, "success")                                                                                          \
    X(FW_E_FAILED, 1, 1, "the work failed")                                                                            \
    X(FW_E_ARG, 2, 2, "an argument or option is wrong")                                                                \
    X(FW_E_INPUT, 3, 3, "the input is bad or cannot be read")                                                          \
    X(FW_E_CORRUPT, 4, 4, "a model, plan or store is corrupt or of another version")                                   \
    X(FW_E_BUDGET, 5, 5, "a budget ended before any result")                                                           \
    X(FW_E_NOMEM, 6, 6, "out of memory")                                                                               \
    X(FW_E_IO, 7, 6, "a file could not be written or the system ran out of a resource")                                \
    X(FW_E_NUMERIC, 8, 1, "a loss, gradient or weight is not finite")                                                  \
    X(FW_E_STOPPED, 9, 130, "interrupted")

enum fw_status {
#define FW_STATUS_ENUM(name, value, exit_code, text) name = value,
    FW_STATUS_LIST(FW_STATUS_ENUM)
#undef FW_STATUS_ENUM
};

#define FW_ERROR_MESSAGE_SIZE 1024

struct fw_error {
    enum fw_status status;
    char message[FW_ERROR_MESSAGE_SIZE]; /* one line, no trailing newline, control characters escaped */
};

#if defined(__GNUC__)
#    define FW_NODISCARD                   __attribute__((warn_unused_result))
#    define FW_PRINTF(format_index, first) __attribute__((format(printf, format_index, first)))
#else
#    define FW_NODISCARD
#    define FW_PRINTF(format_index, first)
#endif

/* Writes the message (printf style) and returns `status`, so that `return fw_error_set(err, FW_E_INPUT, ...)` is one
 * line. A text too long is cut at a character boundary; control characters become \xNN so that no column name or cell
 * can send escape sequences to a terminal. `err` may be NULL. */
enum fw_status fw_error_set(struct fw_error *err, enum fw_status status, const char *format, ...) FW_PRINTF(3, 4);

/* The same with a va_list. */
enum fw_status fw_error_vset(struct fw_error *err, enum fw_status status, const char *format, va_list args);

/* The fixed text of a status ("out of memory"); never NULL. */
const char *fw_status_text(enum fw_status status);

/* The exit code of the program for a status, as the manual lists them. */
int fw_status_exit_code(enum fw_status status);

/* Passes a failure on unchanged. */
#define FW_TRY(call)                                                                                                   \
    do {                                                                                                               \
        enum fw_status fw_try_status_ = (call);                                                                        \
        if (fw_try_status_ != FW_OK)                                                                                   \
            return fw_try_status_;                                                                                     \
    } while (0)

/* The same for a function that holds something: sets its local `status` and jumps. */
#define FW_TRY_GOTO(call, label)                                                                                       \
    do {                                                                                                               \
        status = (call);                                                                                               \
        if (status != FW_OK)                                                                                           \
            goto label;                                                                                                \
    } while (0)

#ifdef __cplusplus
}
#endif

#endif
